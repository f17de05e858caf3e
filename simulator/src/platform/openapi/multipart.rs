//! Bodies of uploads: `multipart/form-data` (RFC 7578), as lenient as the clients are different. The Python SDK sends files
//! without a file name.

use bytes::Bytes;

/// Parts of one body.
const MOST_PARTS: usize = 32;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) content: Bytes,
}

/// The parts of a body with this `Content-Type`; none if it is not multipart.
pub(super) fn parts(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    if boundary.is_empty() || boundary.len() > 200 {
        return None;
    }
    // Each boundary but the first comes after a line break; one before the body makes them all alike.
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let opening = delimiter.get(2..)?;
    let mut at = if body.starts_with(opening) { opening.len() } else { find(body, &delimiter, 0)?.1 };
    let mut parts = Vec::new();
    loop {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let begin = at.checked_add(find(rest, b"\r\n", 0)?.1)?;
        let (end, next) = find(body, &delimiter, begin)?;
        let part = body.get(begin..end)?;
        let (head_end, content_begin) = match part.starts_with(b"\r\n") {
            true => (0, 2),
            false => find(part, b"\r\n\r\n", 0)?,
        };
        let head = String::from_utf8_lossy(part.get(..head_end)?).into_owned();
        let content = body.slice(begin.checked_add(content_begin)?..end);
        let disposition = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
        })?;
        if parts.len() >= MOST_PARTS {
            return None;
        }
        parts.push(Part {
            name: parameter(disposition, "name")?,
            file_name: parameter(disposition, "filename"),
            content,
        });
        at = next;
    }
}

/// Where `needle` begins and ends in `data`, from `from` on.
fn find(data: &[u8], needle: &[u8], from: usize) -> Option<(usize, usize)> {
    let (first, rest) = needle.split_first()?;
    let mut at = from;
    loop {
        let tail = data.get(at..)?;
        let begin = at.checked_add(tail.iter().position(|byte| byte == first)?)?;
        if data.get(begin.checked_add(1)?..)?.starts_with(rest) {
            return Some((begin, begin.checked_add(needle.len())?));
        }
        at = begin.checked_add(1)?;
    }
}

/// `name=value` or `name="value"` among parameters.
fn parameter(text: &str, name: &str) -> Option<String> {
    text.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Vec<Part>> {
        parts("multipart/form-data; boundary=XX", &Bytes::copy_from_slice(body.as_bytes()))
    }

    fn part(name: &str, file_name: Option<&str>, content: &str) -> Part {
        let content = Bytes::copy_from_slice(content.as_bytes());
        Part { name: name.into(), file_name: file_name.map(str::to_owned), content }
    }

    #[test]
    fn parts_are_read_with_and_without_a_file_name() {
        let body = "--XX\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nmp4\r\n\
                    --XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.mp4\"\r\n\
                    Content-Type: video/mp4\r\n\r\nline\r\n--X\r\n\r\n--XX--\r\n";
        let expected = [part("kind", None, "mp4"), part("file", Some("a b.mp4"), "line\r\n--X\r\n")];
        assert_eq!(read(body).as_deref(), Some(&expected[..]));
    }

    #[test]
    fn an_empty_part_has_no_content() {
        let body = "--XX\r\nContent-Disposition: form-data; name=file\r\n\r\n\r\n--XX--";
        assert_eq!(read(body).as_deref(), Some(&[part("file", None, "")][..]));
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_refused() {
        let whole = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--XX--";
        assert!(read(whole).is_some());
        for end in 0..whole.len() - 2 {
            assert_eq!(read(&whole[..end]), None, "{:?}", &whole[..end]);
        }
        assert_eq!(parts("application/json", &Bytes::from_static(b"{}")), None);
        assert_eq!(parts("multipart/form-data", &Bytes::from_static(b"")), None);
    }
}
