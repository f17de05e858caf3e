use bytes::Bytes;
use larkwire_core::frame::{Frame, FrameError, FrameLimits, Header, RawFrame};

/// Bytes of a peer as a frame.
///
/// Decoding ends in a frame within the limits or in an error. Re-encoding changes no field that we know: required ones
/// appear when they were absent, optional ones keep their presence. Limits only ever refuse; they change no result. A raw
/// frame accepts and refuses the same, says the same, and has the same bytes and acks.
pub fn frame(data: &[u8]) {
    let limits = FrameLimits { headers: 64, header_bytes: 4096 };
    for limits in [limits, NO_LIMITS, FrameLimits { headers: 3, header_bytes: 24 }] {
        raw_frame(data, &limits);
    }
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

/// What the machine works with, against the codec.
fn raw_frame(data: &[u8], limits: &FrameLimits) {
    let data = Bytes::copy_from_slice(data);
    let (raw, frame) = match (RawFrame::from_bytes(data.clone(), limits), Frame::from_bytes(data.clone(), limits)) {
        (Ok(raw), Ok(frame)) => (raw, frame),
        (raw, frame) => return assert_eq!(raw.err(), frame.err(), "one of them is refused"),
    };
    assert_eq!(raw.is_complete(), frame.is_complete());
    let in_place = raw.to_bytes().as_ptr() == data.as_ptr();
    assert_eq!(
        in_place,
        frame.to_bytes() == data,
        "what has the form of the codec stays where it is, and nothing else"
    );
    for raw in [&raw, &raw.detached(), &RawFrame::from(&frame)] {
        assert_says(raw, &frame);
    }
    assert_says(&raw.without_payload(), &Frame { payload: None, ..frame.clone() });

    for (value, payload) in [("0", &b"{}"[..]), ("2800", &[b'x'; 300])] {
        let mut ack = frame.clone();
        ack.headers.push(Header::new("biz_rt", value));
        ack.payload = Some(Bytes::copy_from_slice(payload));
        for raw in [&raw, &raw.without_payload()] {
            assert_eq!(raw.answer("biz_rt", value, payload), ack.to_bytes(), "the ack has other bytes");
        }
    }
}

fn assert_says(raw: &RawFrame, frame: &Frame) {
    let numbers = (raw.seq_id(), raw.log_id(), raw.service(), raw.method());
    assert_eq!(numbers, (frame.seq_id(), frame.log_id(), frame.service(), frame.method()));
    let headers = frame.headers.iter().map(|header| (header.key(), header.value()));
    assert!(raw.headers().eq(headers), "{raw:?} and {frame:?}");
    for header in &frame.headers {
        assert_eq!(raw.header(header.key()), frame.header(header.key()));
    }
    assert_eq!(raw.header("no such key"), frame.header("no such key"));
    assert_eq!((raw.payload(), raw.payload_bytes()), (frame.payload.clone(), frame.payload.as_deref()));
    assert_eq!(raw.to_bytes(), frame.to_bytes());
}
