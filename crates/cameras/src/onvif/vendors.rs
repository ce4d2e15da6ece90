//! Where cameras stream that do not say so, from a table of makers.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    vendor: Vec<Vendor>,
}

/// One maker's paths.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// Who.
    pub name: String,
    #[serde(rename = "match")]
    words: Vec<String>,
    main: Vec<String>,
    sub: Vec<String>,
}

/// The table is part of the program: a test reads it, and an unreadable one would be empty.
static VENDORS: LazyLock<Vec<Vendor>> =
    LazyLock::new(|| toml::from_str::<Table>(include_str!("vendors.toml")).map(|table| table.vendor).unwrap_or_default());

/// All makers in the table.
#[must_use]
pub fn all() -> &'static [Vendor] {
    &VENDORS
}

/// The maker of a camera that calls itself so.
#[must_use]
pub fn find(make: &str, model: &str) -> Option<&'static Vendor> {
    let (make, model) = (make.to_lowercase(), model.to_lowercase());
    VENDORS.iter().find(|vendor| vendor.words.iter().any(|word| make.contains(word.as_str()) || model.contains(word.as_str())))
}

impl Vendor {
    /// Paths of the main stream of a channel (from 1), the likeliest first.
    #[must_use]
    pub fn main(&self, channel: u8) -> Vec<String> {
        filled(&self.main, channel)
    }

    /// Paths of the sub stream.
    #[must_use]
    pub fn sub(&self, channel: u8) -> Vec<String> {
        filled(&self.sub, channel)
    }
}

fn filled(paths: &[String], channel: u8) -> Vec<String> {
    let (plain, padded) = (channel.to_string(), format!("{channel:02}"));
    paths.iter().map(|path| path.replace("{channel:02}", &padded).replace("{channel}", &plain)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_every_line_of_it_can_match() {
        assert!(all().len() > 10);
        for vendor in all() {
            assert!(!vendor.main.is_empty() && !vendor.sub.is_empty(), "{}", vendor.name);
            for word in &vendor.words {
                assert_eq!(find("", word).map(|found| &found.name), Some(&vendor.name), "{word} is taken by another");
                assert_eq!(*word, word.to_lowercase());
            }
            for path in vendor.main(1).iter().chain(&vendor.sub(1)) {
                assert!(path.starts_with('/') && !path.contains('{'), "{path}");
            }
        }
    }

    #[test]
    fn channels_are_written_as_each_maker_does() {
        assert_eq!(find("HIKVISION", "x").unwrap().main(3)[0], "/Streaming/Channels/301");
        assert_eq!(find("", "RLC-810A").unwrap().sub(1)[0], "/h264Preview_01_sub");
        assert_eq!(find("Nobody", "Nothing"), None);
    }
}
