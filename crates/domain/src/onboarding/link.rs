//! The address of a camera that calls in: `atipcam+link://DEVICE/PATH`. The server writes it, nobody types it, and it leads nowhere
//! but into that device's own link.

use super::DeviceId;

const SCHEME: &str = "atipcam+link://";

/// The address of what a device has at `path`, which begins with `/`.
#[must_use]
pub fn url(device: DeviceId, path: &str) -> String {
    format!("{SCHEME}{device}{path}")
}

/// The device and the path of such an address; `None` where it is another one.
#[must_use]
pub fn parse(url: &str) -> Option<(DeviceId, &str)> {
    let rest = url.strip_prefix(SCHEME)?;
    let at = rest.find('/')?;
    let (device, path) = rest.split_at_checked(at)?;
    Some((device_id(device)?, path))
}

/// A device's id from its 32 hexadecimal digits in lower case.
#[must_use]
pub fn device_id(text: &str) -> Option<DeviceId> {
    let digit = |letter: u8| match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 16];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(DeviceId::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written_and_no_other_is_one() {
        let device = DeviceId::from_bytes([0xab; 16]);
        let address = url(device, "/onvif/device_service");
        assert_eq!(address, "atipcam+link://abababababababababababababababab/onvif/device_service");
        assert_eq!(parse(&address), Some((device, "/onvif/device_service")));
        for other in ["rtsp://192.0.2.7/main", "atipcam+link://ab/main", "atipcam+link://", "atipcam+link:///main"] {
            assert_eq!(parse(other), None, "{other}");
        }
        assert_eq!(parse(&address.to_uppercase().replace("ATIPCAM+LINK", "atipcam+link")), None);
        assert_eq!(parse(&address[..46]), None, "no path");
    }
}
