//! `Content-Disposition` of a download (RFC 6266): a name that every browser and every file system takes.

use std::fmt::Write as _;

use domain::Timestamp;

/// The name of footage of a camera from `from` on: `Door_2026-11-23_08-30.mp4`, in UTC.
pub(crate) fn footage(camera: &str, from: Timestamp) -> String {
    let time: String = from.to_string().chars().take("2026-11-23T08:30".len()).collect();
    format!("{camera}_{}.mp4", time.replace('T', "_").replace(':', "-"))
}

/// `attachment` with `name`: in full as `filename*`, and what of it is plain ASCII as `filename` for old clients.
pub(crate) fn attachment(name: &str) -> String {
    // Path separators, control characters and what Windows refuses in a name.
    let clean: String = name.chars().map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c }).collect();
    let plain: String = clean.chars().map(|c| if c.is_ascii() && c != '%' { c } else { '_' }).collect();
    let mut header = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in clean.bytes() {
        // RFC 8187: attr-char stands for itself.
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            header.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(header, "%{byte:02X}");
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn footage_is_named_after_camera_and_time() {
        let from = Timestamp::parse("2026-11-23T16:30:59.5+08:00").unwrap();
        assert_eq!(footage("门口", from), "门口_2026-11-23_08-30.mp4");
    }

    #[test]
    fn names_in_any_script_arrive_whole() {
        for (name, expected) in [
            ("Door_2026-11-23_08-30.mp4", "filename=\"Door_2026-11-23_08-30.mp4\"; filename*=UTF-8''Door_2026-11-23_08-30.mp4"),
            ("门 1.mp4", "filename=\"_ 1.mp4\"; filename*=UTF-8''%E9%97%A8%201.mp4"),
            ("a\"b\r\nX: y/../c.mp4", "filename=\"a_b__X_ y_.._c.mp4\"; filename*=UTF-8''a_b__X_%20y_.._c.mp4"),
            ("50%.mp4", "filename=\"50_.mp4\"; filename*=UTF-8''50%25.mp4"),
        ] {
            assert_eq!(attachment(name), format!("attachment; {expected}"));
        }
    }
}
