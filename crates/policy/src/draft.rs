//! The draft policy that people read and agree to until the compiled policy takes its place.

/// Its version: what an agreement names.
pub const VERSION: &str = "0.1.0-draft";

/// The day it was last changed.
pub const UPDATED: &str = "2026-11-23";

/// Language tag and text (Markdown: headings, paragraphs and lists only), governing language first.
pub const TEXTS: &[(&str, &str)] = &[("zh-CN", include_str!("../draft/zh-CN.md")), ("en", include_str!("../draft/en.md"))];
