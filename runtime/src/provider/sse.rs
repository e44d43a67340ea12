//! Server-sent events, byte by byte. In: bytes as they arrive, cut anywhere. Out: the data of each event, whole.
//!
//! INVARIANT I-36: wherever the bytes are cut, the events are the same, the one with the usage too.
//!
//! Lines end with CRLF, CR or LF, also mixed. Bytes are decoded by nobody here, so a character that arrives in two chunks stays
//! one character. What an event needs beside its data (name, id, retry) is not used by any model provider and is dropped; there
//! is no reconnection, because a second request would be a second bill.

/// The most bytes of one event, if nobody says otherwise.
pub const MAX_EVENT: usize = 1 << 20;

/// An event or a line of one is longer than the parser holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {max} bytes")]
pub struct EventTooLong {
    /// The most that was allowed.
    pub max: usize,
}

/// The parser. It holds at most one event, and never more than its limit.
#[derive(Debug)]
pub struct Events {
    max: usize,
    line: Vec<u8>,
    data: Vec<u8>,
    /// Whether this event has a `data` line: an event without one is none.
    has_data: bool,
    /// The last byte ended a line with CR, so an LF right after it belongs to the same line end.
    after_cr: bool,
    /// No line has ended yet, so a byte order mark may stand here.
    at_start: bool,
}

impl Events {
    /// A parser that holds at most `max` bytes of an event.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Events { max, line: Vec::new(), data: Vec::new(), has_data: false, after_cr: false, at_start: true }
    }

    /// Takes the next bytes and gives the data of every event that they complete to `each`, in order.
    ///
    /// # Errors
    /// Where an event grows past the limit; nothing more can be read then.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Vec<u8>)) -> Result<(), EventTooLong> {
        for &byte in bytes {
            let follows_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if follows_cr => {}
                b'\n' | b'\r' => self.end_line(&mut each),
                _ => self.take(byte)?,
            }
        }
        Ok(())
    }

    /// The data of an event that the stream ended inside, if there is any. It may be cut short.
    #[must_use]
    pub fn finish(mut self) -> Option<Vec<u8>> {
        if !self.line.is_empty() {
            self.read_line();
        }
        self.has_data.then_some(self.data)
    }

    fn take(&mut self, byte: u8) -> Result<(), EventTooLong> {
        if self.line.len() + self.data.len() >= self.max {
            return Err(EventTooLong { max: self.max });
        }
        self.line.push(byte);
        Ok(())
    }

    fn end_line(&mut self, each: &mut impl FnMut(Vec<u8>)) {
        if !self.line.is_empty() {
            self.read_line();
            return;
        }
        let data = std::mem::take(&mut self.data);
        if std::mem::take(&mut self.has_data) {
            each(data);
        }
    }

    /// Reads one line that is not empty: a field, or a comment that starts with a colon.
    fn read_line(&mut self) {
        let mut line = self.line.as_slice();
        if std::mem::take(&mut self.at_start) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = colon.map_or((line, &[][..]), |at| (&line[..at], &line[at + 1..]));
        if field == b"data" {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            self.has_data = true;
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every event of a stream that arrives in these pieces, the unfinished last one too.
    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut parser = Events::new(MAX_EVENT);
        let mut events = Vec::new();
        for piece in pieces {
            parser.feed(piece, |data| events.push(data)).expect("events are short");
        }
        events.extend(parser.finish());
        events.into_iter().map(|data| String::from_utf8_lossy(&data).into_owned()).collect()
    }

    const STREAM: &str = "\u{FEFF}: hello\r\ndata: {\"a\":\"é🙂\"}\r\n\r\nevent: x\ndata:one\ndata:  two\n\nid: 3\r\rdata\r\rdata: [DONE]\n";

    #[test]
    fn lines_end_in_three_ways_and_the_last_event_needs_no_end() {
        let events = read([STREAM.as_bytes()]);
        assert_eq!(events, ["{\"a\":\"é🙂\"}", "one\n two", "", "[DONE]"]);
    }

    #[test]
    fn a_stream_reads_the_same_split_at_every_byte() {
        let bytes = STREAM.as_bytes();
        let whole = read([bytes]);
        for at in 0..=bytes.len() {
            assert_eq!(read([&bytes[..at], &bytes[at..]]), whole, "split at byte {at}");
        }
        assert_eq!(read(bytes.chunks(1)), whole);
    }

    #[test]
    fn comments_and_other_fields_make_no_event() {
        assert!(read([b": ping\n\nevent: x\n\ndatax: 1\n\n".as_slice()]).is_empty());
    }

    #[test]
    fn an_event_that_never_ends_is_refused() {
        let mut parser = Events::new(16);
        assert_eq!(parser.feed(b"data: 12345678901234567890", |_| ()), Err(EventTooLong { max: 16 }));
        let mut parser = Events::new(16);
        let many = b"data: 123\n".repeat(9);
        assert_eq!(parser.feed(&many, |_| ()), Err(EventTooLong { max: 16 }));
    }

    proptest! {
        #[test]
        fn any_bytes_read_the_same_in_any_pieces(bytes in prop::collection::vec(prop::sample::select(b"da:t \r\n\xC3\xA9x".to_vec()), 0..200), size in 1..9usize) {
            prop_assert_eq!(read(bytes.chunks(size)), read([bytes.as_slice()]));
        }
    }
}
