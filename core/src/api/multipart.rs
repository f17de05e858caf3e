//! Forms with files: multipart/form-data as RFC 7578 has it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use super::request::Part;

/// The form as the body of a request. `boundary` must not occur in any part; it is random, and of 128 bits.
pub(super) fn encode(parts: &[Part], boundary: &str) -> Bytes {
    let size = parts.iter().map(|part| part.content.len().saturating_add(256)).fold(64, usize::saturating_add);
    let mut body = Vec::with_capacity(size);
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n{}\r\n", head(part)).as_bytes());
        body.extend_from_slice(&part.content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Bytes::from(body)
}

fn head(part: &Part) -> String {
    let disposition = format!("Content-Disposition: form-data; name=\"{}\"", part.name);
    match &part.file_name {
        None => format!("{disposition}\r\n"),
        Some(name) => {
            format!("{disposition}; filename=\"{}\"\r\nContent-Type: application/octet-stream\r\n", quoted(name))
        }
    }
}

/// As browsers do it (WHATWG HTML, multipart/form-data encoding): other characters stay, beyond ASCII too.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_the_standard_has_it() {
        let parts = [Part::text("file_type", "mp4"), Part::file("file", "clip.mp4", Bytes::from_static(b"MP4-BYTES"))];
        let expected = "--b\r\nContent-Disposition: form-data; name=\"file_type\"\r\n\r\nmp4\r\n\
             --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"clip.mp4\"\r\n\
             Content-Type: application/octet-stream\r\n\r\nMP4-BYTES\r\n--b--\r\n";
        assert_eq!(encode(&parts, "b"), expected);
    }

    #[test]
    fn a_file_name_cannot_end_its_header() {
        let part = Part::file("file", "a\"\r\nX: y\r\n\r\n报告.pdf", Bytes::new());
        let text = String::from_utf8(encode(&[part], "b").to_vec()).unwrap();
        assert!(text.contains("filename=\"a%22%0D%0AX: y%0D%0A%0D%0A报告.pdf\"\r\n"), "{text}");
    }
}
