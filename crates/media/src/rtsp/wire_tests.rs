use proptest::prelude::*;

use super::*;

fn first(bytes: &[u8]) -> Result<Option<Incoming>, WireError> {
    let mut parser = Parser::default();
    parser.push(bytes)?;
    parser.poll()
}

fn request(text: &str) -> Request {
    match first(text.as_bytes()) {
        Ok(Some(Incoming::Request(request))) => request,
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn a_request_is_read_in_any_lawful_spelling() {
    for text in [
        "OPTIONS rtsp://h/main RTSP/1.0\r\nCSeq: 7\r\nX-Thing:  a b \r\n\r\n",
        "\r\n\r\nOPTIONS rtsp://h/main RTSP/1.0\r\ncseq:7\r\nx-thing: a b\r\n\r\n",
        "OPTIONS rtsp://h/main RTSP/1.0\nCSEQ: 7\nX-THING: a b\n\n",
    ] {
        let request = request(text);
        assert_eq!((request.method.as_str(), request.uri.as_str()), ("OPTIONS", "rtsp://h/main"), "{text:?}");
        assert_eq!(request.cseq(), Some(7));
        assert_eq!(request.header("x-thing"), Some("a b"));
    }
}

#[test]
fn what_is_no_request_is_refused() {
    let long = format!("OPTIONS * RTSP/1.0\r\nA: {}\r\n\r\n", "x".repeat(HEAD_BYTES_MAX));
    let endless = "x".repeat(HEAD_BYTES_MAX + 1);
    let many = format!("OPTIONS * RTSP/1.0\r\n{}\r\n", "A: b\r\n".repeat(HEADERS_MAX + 1));
    for (text, error) in [
        ("GET / HTTP/1.1\r\n\r\n", WireError::BadRequestLine),
        ("OPTIONS * RTSP/2.0\r\n\r\n", WireError::BadVersion),
        ("OPTIONS  * RTSP/1.0\r\n\r\n", WireError::BadRequestLine),
        ("OPTIONS RTSP/1.0\r\n\r\n", WireError::BadRequestLine),
        ("OPT(ONS * RTSP/1.0\r\n\r\n", WireError::BadRequestLine),
        ("OPTIONS * RTSP/1.0\r\nno colon\r\n\r\n", WireError::BadHeader),
        ("OPTIONS * RTSP/1.0\r\n folded: x\r\n\r\n", WireError::BadHeader),
        ("OPTIONS * RTSP/1.0\r\nA: \u{1}\r\n\r\n", WireError::BadHeader),
        ("OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n", WireError::BadLength),
        ("OPTIONS * RTSP/1.0\r\nContent-Length: +1\r\n\r\n", WireError::BadLength),
        ("OPTIONS * RTSP/1.0\r\nContent-Length: 65537\r\n\r\n", WireError::BodyTooLarge),
        ("OPTIONS * RTSP/1.0\r\nContent-Length: 99999999999999999999999\r\n\r\n", WireError::BadLength),
        (&long, WireError::HeadTooLarge),
        (&endless, WireError::HeadTooLarge),
        (&many, WireError::HeadTooLarge),
    ] {
        assert_eq!(first(text.as_bytes()), Err(error), "{text:.60}");
    }
    assert_eq!(first(b"OPTIONS * RTSP/1.0\r\nA: \xff\r\n\r\n"), Err(WireError::BadHeader));
}

#[test]
fn requests_and_interleaved_frames_come_out_in_order() {
    let mut parser = Parser::default();
    parser
        .push(b"$\x01\x00\x03abcSET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\nbodyOPTIONS * RTSP/1.0\r\n\r\n")
        .unwrap();
    assert_eq!(parser.poll(), Ok(Some(Incoming::Interleaved { channel: 1, data: Bytes::from_static(b"abc") })));
    let Ok(Some(Incoming::Request(set))) = parser.poll() else { panic!() };
    assert_eq!((set.method.as_str(), &set.body[..]), ("SET_PARAMETER", &b"body"[..]));
    let Ok(Some(Incoming::Request(options))) = parser.poll() else { panic!() };
    assert_eq!((options.method.as_str(), options.cseq()), ("OPTIONS", None));
    assert_eq!(parser.poll(), Ok(None));
}

#[test]
fn unread_bytes_are_bounded() {
    let mut parser = Parser::default();
    let mut pushed = 0;
    while parser.push(&[b'x'; 4096]).is_ok() {
        pushed += 4096;
    }
    assert!(pushed <= BUFFER_BYTES_MAX);
}

fn pieces(input: &[u8], sizes: &[usize]) -> Result<Vec<Incoming>, WireError> {
    let mut parser = Parser::default();
    let (mut out, mut at, mut turn) = (Vec::new(), 0, 0);
    while at < input.len() {
        let size = sizes.get(turn % sizes.len().max(1)).copied().unwrap_or(1).clamp(1, input.len() - at);
        parser.push(&input[at..at + size])?;
        while let Some(incoming) = parser.poll()? {
            out.push(incoming);
        }
        (at, turn) = (at + size, turn + 1);
    }
    Ok(out)
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(input in proptest::collection::vec(any::<u8>(), 0..2000), sizes in proptest::collection::vec(1usize..300, 1..8)) {
        let _ = pieces(&input, &sizes);
    }

    #[test]
    fn how_bytes_are_cut_does_not_matter(
        messages in proptest::collection::vec(
            prop_oneof![
                ("[A-Z_]{1,12}", "rtsp://[a-z0-9./=]{1,30}", 0u32..1000, "[ -~]{0,40}").prop_map(|(m, u, c, b)| {
                    format!("{m} {u} RTSP/1.0\r\nCSeq: {c}\r\nContent-Length: {}\r\n\r\n{b}", b.len()).into_bytes()
                }),
                (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..60)).prop_map(|(channel, data)| {
                    [&[b'$', channel, 0, data.len() as u8], &data[..]].concat()
                }),
            ],
            1..6,
        ),
        sizes in proptest::collection::vec(1usize..40, 1..8),
    ) {
        let input = messages.concat();
        let whole = pieces(&input, &[input.len()]);
        prop_assert_eq!(whole.as_ref().map(Vec::len), Ok(messages.len()));
        prop_assert_eq!(pieces(&input, &sizes), whole);
    }
}
