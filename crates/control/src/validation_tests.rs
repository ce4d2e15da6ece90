use super::*;

fn code<T>(result: Result<T>) -> &'static str {
    result.err().map_or("taken", |e| e.code())
}

#[test]
fn email_addresses() {
    let long = format!("a@{}.example", "b".repeat(244));
    assert_eq!(long.len(), 254);
    for (text, expected) in [
        ("owner@example.com", "taken"),
        ("  owner@example.com\n", "taken"),
        ("o@localhost", "taken"),
        ("张三@例子.公司", "taken"),
        ("a.b+c@x-y.example", "taken"),
        ("\"a@b\"@example.com", "taken"),
        (&long, "taken"),
        (&format!("{long}x"), "account.email_invalid"),
        (&format!("{}@example.com", "a".repeat(65)), "account.email_invalid"),
        ("", "account.email_invalid"),
        ("owner", "account.email_invalid"),
        ("@example.com", "account.email_invalid"),
        ("owner@", "account.email_invalid"),
        ("a@b@example.com", "account.email_invalid"),
        ("own er@example.com", "account.email_invalid"),
        ("owner@example..com", "account.email_invalid"),
        ("owner@.com", "account.email_invalid"),
        ("owner@-x.com", "account.email_invalid"),
        ("owner\0@example.com", "account.email_invalid"),
    ] {
        assert_eq!(code(email(text)), expected, "{text:?}");
    }
    assert_eq!(email(" owner@example.com ").unwrap(), "owner@example.com");
}

#[test]
fn passwords_of_accounts() {
    for (text, expected) in [
        ("", "account.password_short"),
        ("123456789", "account.password_short"),
        ("1234567890", "taken"),
        ("密码密码密码密码密码", "taken"),
        (&"密".repeat(256), "taken"),
        (&"x".repeat(257), "request.invalid"),
    ] {
        assert_eq!(code(password(&Secret::from(text))), expected, "{text:?}");
    }
    assert!(could_be_password(&Secret::from("密".repeat(256))) && !could_be_password(&Secret::from("x".repeat(1025))));
}

#[test]
fn names_of_cameras() {
    for (text, expected) in [
        ("Front door", Some("Front door")),
        ("  前门  ", Some("前门")),
        (&"门".repeat(64), Some("门".repeat(64).as_str())),
        (&"x".repeat(65), None),
        ("", None),
        ("   ", None),
        ("a\nb", None),
        ("a\u{7f}b", None),
    ] {
        assert_eq!(given_name(text).ok().as_deref(), expected, "{text:?}");
    }
}

#[test]
fn urls_of_cameras() {
    type Row = (&'static str, &'static str, Option<&'static str>, Option<&'static str>);
    let rows: [Row; 11] = [
        ("rtsp://192.0.2.7/main", "rtsp://192.0.2.7/main", None, None),
        (" rtsp://cam.local:8554/a?b=c \n", "rtsp://cam.local:8554/a?b=c", None, None),
        ("RTSP://192.0.2.7/", "rtsp://192.0.2.7/", None, None),
        ("rtsps://[2001:db8::7]:322/s", "rtsps://[2001:db8::7]:322/s", None, None),
        ("rtsp://192.0.2.7", "rtsp://192.0.2.7", None, None),
        ("rtsp://admin:hunter2@192.0.2.7/main", "rtsp://192.0.2.7/main", Some("admin"), Some("hunter2")),
        ("rtsp://admin@192.0.2.7/main", "rtsp://192.0.2.7/main", Some("admin"), None),
        ("rtsp://:hunter2@192.0.2.7/main", "rtsp://192.0.2.7/main", None, Some("hunter2")),
        ("rtsp://a%40b:p%3Aw@192.0.2.7/main", "rtsp://192.0.2.7/main", Some("a@b"), Some("p:w")),
        ("rtsp://admin:p@ss@192.0.2.7/main", "rtsp://192.0.2.7/main", Some("admin"), Some("p@ss")),
        (
            "rtsp://192.0.2.7/user=admin&password=&channel=1.sdp?#x",
            "rtsp://192.0.2.7/user=admin&password=&channel=1.sdp?",
            None,
            None,
        ),
    ];
    for (text, url, username, password) in rows {
        let taken = camera_url(&Secret::from(text)).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(
            (taken.url.as_str(), taken.username.as_deref(), taken.password.as_deref()),
            (url, username, password),
            "{text}"
        );
    }
}

#[test]
fn urls_that_are_none() {
    for (text, expected) in [
        ("", "camera.url_invalid"),
        ("192.0.2.7", "camera.url_invalid"),
        ("cam.local:554/main", "camera.url_invalid"),
        ("rtsp:/192.0.2.7/main", "camera.url_invalid"),
        ("rtsp://", "camera.url_invalid"),
        ("rtsp:///main", "camera.url_invalid"),
        ("rtsp://admin:secret@/main", "camera.url_invalid"),
        ("rtsp://192.0.2.7:0/main", "camera.url_invalid"),
        ("rtsp://192.0.2.7:70000/main", "camera.url_invalid"),
        ("rtsp://192.0.2.7/ma in", "camera.url_invalid"),
        ("rtsp://192.0.2.7/ma\tin", "camera.url_invalid"),
        ("rtsp://192.0.2.7\\main", "camera.url_invalid"),
        ("rtsp://192.0.2.7/main?channel=…", "camera.url_invalid"),
        ("rtsp://admin:%ff@192.0.2.7/main", "camera.url_invalid"),
        ("rtsp://admin:pa#ss@192.0.2.7/main", "camera.url_invalid"),
        ("http://192.0.2.7/main", "camera.scheme_unsupported"),
        ("file:///etc/passwd", "camera.scheme_unsupported"),
        ("exec://rm", "camera.scheme_unsupported"),
        (&format!("rtsp://192.0.2.7/{}", "x".repeat(2048)), "camera.url_invalid"),
        (&format!("rtsp://{}@192.0.2.7/", "x".repeat(257)), "request.invalid"),
    ] {
        let error = camera_url(&Secret::from(text)).err().unwrap_or_else(|| panic!("{text} was taken"));
        assert_eq!(error.code(), expected, "{text}");
        assert!(!error.detail().contains("secret") && !error.detail().contains("192.0.2.7"), "{}", error.detail());
    }
}
