use bytes::Bytes;
use larkwire_core::frame::{Frame, FrameError, FrameLimits};

/// Bytes of a peer as a frame.
///
/// Decoding ends in a frame within the limits or in an error. Re-encoding changes no field that we know: required ones
/// appear when they were absent, optional ones keep their presence. Limits only ever refuse; they change no result.
pub fn frame(data: &[u8]) {
    let limits = FrameLimits { headers: 64, header_bytes: 4096 };
    let limited = Frame::from_bytes(Bytes::copy_from_slice(data), &limits);
    let any = Frame::from_bytes(Bytes::copy_from_slice(data), &NO_LIMITS);
    let frame = match (limited, any) {
        (Ok(limited), Ok(any)) => {
            assert_eq!(limited, any, "limits changed the result");
            limited
        }
        (Err(FrameError::TooManyHeaders | FrameError::HeaderTooLong), _) => return,
        (Err(FrameError::Malformed(_)), Err(FrameError::Malformed(_))) => return,
        (limited, any) => panic!("limits changed the result: {limited:?}, without them {any:?}"),
    };
    assert!(frame.headers.len() <= limits.headers);
    for header in &frame.headers {
        assert!(header.key().len() + header.value().len() <= limits.header_bytes);
        let first = frame.headers.iter().find(|other| other.key() == header.key());
        assert_eq!(frame.header(header.key()), first.map(|first| first.value()), "of equal keys the first counts");
    }
    assert!(frame.payload().len() <= data.len());

    let bytes = frame.to_bytes();
    let again = Frame::from_bytes(bytes.clone(), &NO_LIMITS).expect("what we encode can be decoded");
    assert!(again.is_complete());
    assert_eq!(again, completed(frame), "a field changed");
    assert_eq!(again.to_bytes(), bytes);
}

const NO_LIMITS: FrameLimits = FrameLimits { headers: usize::MAX, header_bytes: usize::MAX };

/// The required fields present, everything else as it was.
fn completed(mut frame: Frame) -> Frame {
    frame.seq_id = Some(frame.seq_id());
    frame.log_id = Some(frame.log_id());
    frame.service = Some(frame.service());
    frame.method = Some(frame.method());
    for header in &mut frame.headers {
        header.key = Some(header.key().to_owned());
        header.value = Some(header.value().to_owned());
    }
    frame
}
