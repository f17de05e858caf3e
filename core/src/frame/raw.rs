//! A frame as it lies on the wire: what the machine works with.
//!
//! Nearly every frame has the one form that [`Frame::to_bytes`] writes: fields in their order, no number longer than it
//! has to be, nothing unknown, nothing required left out. Such a frame is not taken apart. Its headers are read where they
//! are, and its ack is cut out of it. A frame of any other form is brought into this one by the codec first, which also
//! says what is no frame at all, so that both always agree.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use bytes::Bytes;
use prost::encoding::{WireType, encode_varint, encoded_len_varint};

use super::{Frame, FrameError, FrameLimits, METHOD_DATA};

const SEQ_ID: u32 = 1;
const LOG_ID: u32 = 2;
const SERVICE: u32 = 3;
const METHOD: u32 = 4;
const HEADER: u32 = 5;
const PAYLOAD_ENCODING: u32 = 6;
const PAYLOAD_TYPE: u32 = 7;
const PAYLOAD: u32 = 8;
const LOG_ID_NEW: u32 = 9;
const HEADER_KEY: u32 = 1;
const HEADER_VALUE: u32 = 2;

/// A frame in the form that [`Frame::to_bytes`] gives it. It accepts and refuses what [`Frame`] does, and is read four times
/// as fast.
#[derive(Clone)]
pub struct RawFrame {
    data: Bytes,
    layout: Layout,
    complete: bool,
}

/// Where things are.
#[derive(Clone, Default, PartialEq, Eq)]
struct Layout {
    seq_id: u64,
    log_id: u64,
    service: i32,
    method: i32,
    headers: Range<usize>,
    /// With its tag and its length, or the place where it would be.
    payload_field: Range<usize>,
    payload: Option<Range<usize>>,
}

impl RawFrame {
    /// A data frame with these headers, as [`Frame::to_bytes`] writes it.
    pub fn data(seq_id: u64, log_id: u64, service: i32, headers: &[(&str, &str)], payload: &[u8]) -> RawFrame {
        let header_len = |(key, value): &(&str, &str)| field_len(key.len()).saturating_add(field_len(value.len()));
        let method = METHOD_DATA;
        let numbers = [(SEQ_ID, seq_id), (LOG_ID, log_id), (SERVICE, unsigned(service)), (METHOD, unsigned(method))];
        let number_lens = numbers.iter().map(|(_, number)| encoded_len_varint(*number).saturating_add(1));
        let header_lens = headers.iter().map(|header| field_len(header_len(header)));
        // To the byte, or else `Bytes` takes one more allocation.
        let room = number_lens.chain(header_lens).fold(field_len(payload.len()), usize::saturating_add);
        let mut data = Vec::with_capacity(room);
        for (tag, number) in numbers {
            write_varint((tag << 3 | WireType::Varint as u32).into(), &mut data);
            write_varint(number, &mut data);
        }
        let headers_from = data.len();
        for header in headers {
            write_head(HEADER, header_len(header), &mut data);
            write_field(HEADER_KEY, header.0.as_bytes(), &mut data);
            write_field(HEADER_VALUE, header.1.as_bytes(), &mut data);
        }
        let headers = headers_from..data.len();
        write_field(PAYLOAD, payload, &mut data);
        let end = data.len();
        let (payload_field, payload) = (headers.end..end, Some(end.saturating_sub(payload.len())..end));
        let layout = Layout { seq_id, log_id, service, method, headers, payload_field, payload };
        RawFrame { data: data.into(), layout, complete: true }
    }

    /// Reads one frame, as [`Frame::from_bytes`] does.
    ///
    /// # Errors
    /// When the bytes are not a frame, or exceed `limits`. Never panics.
    pub fn from_bytes(data: Bytes, limits: &FrameLimits) -> Result<RawFrame, FrameError> {
        if let Some(layout) = Layout::read(&data, limits) {
            return Ok(RawFrame { data, layout, complete: true });
        }
        let frame = Frame::from_bytes(data, limits)?;
        Ok(RawFrame { complete: frame.is_complete(), ..RawFrame::from(&frame) })
    }

    /// Whether every field that proto2 requires was present.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The bytes of this frame, as [`Frame::to_bytes`] gives them.
    pub fn to_bytes(&self) -> Bytes {
        self.data.clone()
    }

    /// How many they are.
    pub(crate) fn size(&self) -> usize {
        self.data.len()
    }

    /// The same as [`RawFrame::to_bytes`], without a copy of the handle.
    pub fn into_bytes(self) -> Bytes {
        self.data
    }

    /// See [`Frame::seq_id`].
    pub fn seq_id(&self) -> u64 {
        self.layout.seq_id
    }

    /// See [`Frame::log_id`].
    pub fn log_id(&self) -> u64 {
        self.layout.log_id
    }

    /// See [`Frame::service`].
    pub fn service(&self) -> i32 {
        self.layout.service
    }

    /// See [`Frame::method`].
    pub fn method(&self) -> i32 {
        self.layout.method
    }

    /// All headers, in the order of the wire.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        texts(self.header_fields())
    }

    /// The headers behind those of `first`, if this frame begins with them: those that an ack adds to what it echoes.
    pub fn headers_after(&self, first: &RawFrame) -> Option<impl Iterator<Item = (&str, &str)>> {
        self.header_fields().strip_prefix(first.header_fields()).map(texts)
    }

    /// The value of the first header named `key`.
    pub fn header(&self, key: &str) -> Option<&str> {
        headers(self.header_fields()).find(|(found, _)| *found == key.as_bytes()).map(|(_, value)| text(value))
    }

    /// The payload, if there is one: a slice of the frame.
    pub fn payload(&self) -> Option<Bytes> {
        self.layout.payload.clone().map(|payload| self.data.slice(payload))
    }

    /// The bytes of the payload, if there is one.
    pub fn payload_bytes(&self) -> Option<&[u8]> {
        self.data.get(self.layout.payload.clone()?)
    }

    /// A copy of its own: what it was read from is not kept alive by it.
    #[must_use]
    pub fn detached(&self) -> RawFrame {
        RawFrame { data: Bytes::copy_from_slice(&self.data), ..self.clone() }
    }

    /// A copy of its own without the payload.
    #[must_use]
    pub fn without_payload(&self) -> RawFrame {
        let Range { start, end } = self.layout.payload_field;
        let (before, behind) = (self.data.get(..start).unwrap_or_default(), self.data.get(end..).unwrap_or_default());
        let layout = Layout { payload_field: start..start, payload: None, ..self.layout.clone() };
        RawFrame { data: [before, behind].concat().into(), layout, complete: self.complete }
    }

    /// The bytes of this frame with one more header, the last, and with this payload instead of its own.
    pub fn answer(&self, key: &str, value: &str, payload: &[u8]) -> Bytes {
        let part = |range: Range<usize>| self.data.get(range).unwrap_or_default();
        let Layout { headers, payload_field, .. } = &self.layout;
        let header = field_len(key.len()).saturating_add(field_len(value.len()));
        let kept = self.data.len().saturating_sub(payload_field.len());
        let added = field_len(header).saturating_add(field_len(payload.len()));
        let mut answer = Vec::with_capacity(kept.saturating_add(added));
        answer.extend_from_slice(part(0..headers.end));
        write_head(HEADER, header, &mut answer);
        write_field(HEADER_KEY, key.as_bytes(), &mut answer);
        write_field(HEADER_VALUE, value.as_bytes(), &mut answer);
        answer.extend_from_slice(part(headers.end..payload_field.start));
        write_field(PAYLOAD, payload, &mut answer);
        answer.extend_from_slice(part(payload_field.end..self.data.len()));
        answer.into()
    }

    /// All headers as they are on the wire.
    fn header_fields(&self) -> &[u8] {
        self.data.get(self.layout.headers.clone()).unwrap_or_default()
    }
}

/// In the form of the wire.
impl From<&Frame> for RawFrame {
    fn from(frame: &Frame) -> RawFrame {
        let data = frame.to_bytes();
        let layout = Layout::read(&data, &FrameLimits { headers: usize::MAX, header_bytes: usize::MAX });
        debug_assert!(layout.is_some(), "what the codec writes has its form");
        RawFrame { data, layout: layout.unwrap_or_default(), complete: true }
    }
}

/// Shows what [`Frame`] shows: everything but the payload.
impl fmt::Debug for RawFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawFrame")
            .field("seq_id", &self.seq_id())
            .field("log_id", &self.log_id())
            .field("service", &self.service())
            .field("method", &self.method())
            .field("headers", &self.headers().collect::<Vec<_>>())
            .field("payload_bytes", &self.payload_bytes().map(<[u8]>::len))
            .finish_non_exhaustive()
    }
}

impl Layout {
    /// None if it is not within the limits, or not byte for byte what the codec would write.
    fn read(data: &[u8], limits: &FrameLimits) -> Option<Layout> {
        let mut rest = Cursor(data);
        let mut layout = Layout {
            seq_id: rest.number(SEQ_ID)?,
            log_id: rest.number(LOG_ID)?,
            service: rest.signed(SERVICE)?,
            method: rest.signed(METHOD)?,
            ..Layout::default()
        };
        let place = |rest: &Cursor<'_>| data.len().saturating_sub(rest.0.len());
        let begin = place(&rest);
        let mut headers = 0usize;
        while let Some(bytes) = rest.bytes(HEADER) {
            headers = headers.saturating_add(1);
            if headers > limits.headers || bytes.len() > limits.header_bytes || header(bytes).is_none() {
                return None;
            }
        }
        layout.headers = begin..place(&rest);
        if !are_texts(data.get(layout.headers.clone())?) {
            return None;
        }
        let is_short_text = |text: &[u8]| text.len() <= limits.header_bytes && is_text(text);
        for tag in [PAYLOAD_ENCODING, PAYLOAD_TYPE] {
            if rest.bytes(tag).is_some_and(|text| !is_short_text(text)) {
                return None;
            }
        }
        let begin = place(&rest);
        layout.payload = rest.bytes(PAYLOAD).map(|payload| {
            let end = place(&rest);
            end.saturating_sub(payload.len())..end
        });
        layout.payload_field = begin..place(&rest);
        if rest.bytes(LOG_ID_NEW).is_some_and(|text| !is_short_text(text)) {
            return None;
        }
        rest.0.is_empty().then_some(layout)
    }
}

fn headers(fields: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = Cursor(fields);
    core::iter::from_fn(move || rest.bytes(HEADER).and_then(header))
}

fn texts(fields: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    headers(fields).map(|(key, value)| (text(key), text(value)))
}

/// Key and value of a header, if it has both, once each, in this order, and nothing else.
fn header(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = Cursor(bytes);
    let header = (rest.bytes(HEADER_KEY)?, rest.bytes(HEADER_VALUE)?);
    rest.0.is_empty().then_some(header)
}

/// Bytes that are still to be read. What is not as expected is left where it is.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    /// The number of the field `tag`, if that is next.
    fn number(&mut self, tag: u32) -> Option<u64> {
        let (key, mut rest) = self.0.split_first()?;
        if u32::from(*key) != (tag << 3 | WireType::Varint as u32) {
            return None;
        }
        let number = varint(&mut rest)?;
        self.0 = rest;
        Some(number)
    }

    /// The same for an `int32`, whose sign fills 64 bits.
    fn signed(&mut self, tag: u32) -> Option<i32> {
        i32::try_from(self.number(tag)?.cast_signed()).ok()
    }

    /// The bytes of the field `tag`, if that is next.
    fn bytes(&mut self, tag: u32) -> Option<&'a [u8]> {
        let (key, mut rest) = self.0.split_first()?;
        if u32::from(*key) != (tag << 3 | WireType::LengthDelimited as u32) {
            return None;
        }
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        let (bytes, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }
}

/// Whether keys and values of these headers are texts. Between them are tags and lengths, which are ASCII in short headers,
/// so that one look is enough for nearly all.
fn are_texts(fields: &[u8]) -> bool {
    fields.is_ascii() || headers(fields).all(|(key, value)| is_text(key) && is_text(value))
}

/// A number that is written as short as can be.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    // Most lengths have one byte.
    if let Some((byte @ ..0x80, behind)) = rest.split_first() {
        *rest = behind;
        return Some(u64::from(*byte));
    }
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, behind) = rest.split_first()?;
        *rest = behind;
        let bits = u64::from(*byte & 0x7f);
        number |= bits << shift;
        if *byte & 0x80 == 0 {
            let too_long = *byte == 0 && shift > 0;
            let too_large = shift == 63 && bits > 1;
            return (!too_long && !too_large).then_some(number);
        }
    }
    None
}

/// An `int32` as it is on the wire, where its sign fills 64 bits.
fn unsigned(number: i32) -> u64 {
    i64::from(number).cast_unsigned()
}

fn is_text(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).is_ok()
}

/// It was text when it was read, and has not changed.
fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

/// How much room so many bytes take as a field.
fn field_len(bytes: usize) -> usize {
    bytes.saturating_add(encoded_len_varint(bytes as u64)).saturating_add(1)
}

fn write_head(tag: u32, length: usize, out: &mut Vec<u8>) {
    write_varint((tag << 3 | WireType::LengthDelimited as u32).into(), out);
    write_varint(length as u64, out);
}

fn write_varint(number: u64, out: &mut Vec<u8>) {
    // Nearly all of them have one byte.
    match u8::try_from(number) {
        Ok(byte @ ..0x80) => out.push(byte),
        _ => encode_varint(number, out),
    }
}

fn write_field(tag: u32, bytes: &[u8], out: &mut Vec<u8>) {
    write_head(tag, bytes.len(), out);
    out.extend_from_slice(bytes);
}
