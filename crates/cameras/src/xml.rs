//! XML from strangers: a small tree with local names, or a reason why not.
//!
//! Prefixes are dropped, because cameras invent them; namespaces are kept for what must be sent back. There are no entities but the five that XML has, no document types, and
//! nothing is fetched; size, depth and the number of nodes are bounded before the tree is built.

use std::borrow::Cow;

use quick_xml::NsReader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;

/// Bytes of one document. Real answers stay under 200 KiB (profiles of a 32-channel recorder).
pub const BYTES_MAX: usize = 1024 * 1024;

/// Elements within elements. Real answers go to about 15.
const DEPTH_MAX: usize = 32;

/// Elements and attributes of one document together.
const NODES_MAX: usize = 20_000;

/// Why a document is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// More than [`BYTES_MAX`].
    #[error("the document has more than 1 MiB")]
    TooLarge,
    /// Elements lie too deep in one another.
    #[error("its elements lie more than 32 deep")]
    TooDeep,
    /// Too many elements and attributes.
    #[error("it has more than 20000 elements and attributes")]
    TooMany,
    /// It brings a document type, the door to entity bombs.
    #[error("it declares a document type, which is never needed and not read")]
    DocumentType,
    /// It names an entity that XML itself does not have.
    #[error("it uses an entity that nobody declared")]
    Entity,
    /// It is no well-formed XML.
    #[error("it is not well-formed XML")]
    Malformed,
}

/// An element: names without prefixes, text with entities resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Namespace; empty where the prefix was never declared.
    pub namespace: String,
    /// All text directly in it, joined and trimmed.
    pub text: String,
    /// Elements in it, in their order.
    pub children: Vec<Element>,
    attributes: Vec<(String, String)>,
}

/// Reads one document. A byte order mark, white space around it, trailing zero bytes and broken UTF-8 are forgiven.
pub fn parse(bytes: &[u8]) -> Result<Element, XmlError> {
    if bytes.len() > BYTES_MAX {
        return Err(XmlError::TooLarge);
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim_matches(|c: char| c.is_whitespace() || c == '\0');
    // Some put zero bytes or the echo of a request before the document itself.
    let text = text.find("<?xml").and_then(|at| text.get(at..)).unwrap_or(text);
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut tree = Tree::default();
    loop {
        match reader.read_event().map_err(|_| XmlError::Malformed)? {
            Event::Start(start) => {
                let namespace = match reader.resolver().resolve_element(start.name()).0 {
                    ResolveResult::Bound(namespace) => namespace.into_inner().to_owned(),
                    ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
                };
                tree.open(&start, namespace)?;
            }
            Event::End(_) => {
                if tree.close()? {
                    break;
                }
            }
            Event::Text(text) => tree.text(&text.xml10_content()),
            Event::CData(text) => tree.text(&text.xml10_content()),
            Event::GeneralRef(entity) => tree.text(&resolve(&entity)?),
            Event::DocType(_) => return Err(XmlError::DocumentType),
            Event::Eof => return Err(XmlError::Malformed),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    tree.root.ok_or(XmlError::Malformed)
}

#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    nodes: usize,
    root: Option<Element>,
}

impl Tree {
    fn open(&mut self, start: &BytesStart<'_>, namespace: String) -> Result<(), XmlError> {
        if self.open.len() == DEPTH_MAX {
            return Err(XmlError::TooDeep);
        }
        let mut element = Element { name: start.local_name().into_inner().to_owned(), namespace, ..Element::default() };
        self.count()?;
        for attribute in start.attributes().with_checks(false) {
            self.count()?;
            let attribute = attribute.map_err(|_| XmlError::Malformed)?;
            let name = attribute.key.local_name().into_inner().to_owned();
            element.attributes.push((name, unescape(&attribute.value)?));
        }
        self.open.push(element);
        Ok(())
    }

    fn count(&mut self) -> Result<(), XmlError> {
        self.nodes += 1;
        if self.nodes > NODES_MAX { Err(XmlError::TooMany) } else { Ok(()) }
    }

    /// True where that was the root.
    fn close(&mut self) -> Result<bool, XmlError> {
        let mut element = self.open.pop().ok_or(XmlError::Malformed)?;
        element.text.truncate(element.text.trim_end().len());
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(element);
                Ok(false)
            }
            None => {
                self.root = Some(element);
                Ok(true)
            }
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            let text = if element.text.is_empty() { text.trim_start() } else { text };
            element.text.push_str(text);
        }
    }
}

fn resolve(entity: &BytesRef<'_>) -> Result<String, XmlError> {
    match entity.resolve_char_ref() {
        Ok(Some(c)) => Ok(c.to_string()),
        Ok(None) => named(&entity.xml10_content()).map(Into::into),
        Err(_) => Err(XmlError::Entity),
    }
}

fn named(name: &str) -> Result<&'static str, XmlError> {
    Ok(match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(XmlError::Entity),
    })
}

fn unescape(value: &str) -> Result<String, XmlError> {
    quick_xml::escape::unescape_with(value, |name| named(name).ok()).map(Cow::into_owned).map_err(|_| XmlError::Entity)
}

impl Element {
    /// The first element of that name in it.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The elements of that name in it.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Follows the first element of each name: `at("Body/Fault/Reason")`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |element, name| element.child(name))
    }

    /// The text at a path; `None` where there is none or it is empty.
    #[must_use]
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(|element| element.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The number at a path.
    #[must_use]
    pub fn number_at<T: std::str::FromStr>(&self, path: &str) -> Option<T> {
        self.text_at(path)?.trim().parse().ok()
    }

    /// `true` or `1` at a path.
    #[must_use]
    pub fn flag_at(&self, path: &str) -> bool {
        self.text_at(path).is_some_and(is_true)
    }

    /// An attribute, by its local name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first element of that name anywhere below, in reading order. For documents whose makers lost a level.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Self> {
        self.children.iter().find_map(|child| if child.name == name { Some(child) } else { child.find(name) })
    }
}

/// How XML Schema and cameras write yes.
#[must_use]
pub fn is_true(text: &str) -> bool {
    text == "1" || text.eq_ignore_ascii_case("true")
}

/// A text fit to stand in XML, as content or within quotes. Characters that XML 1.0 does not have are left out.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c < ' ' && !matches!(c, '\t' | '\n' | '\r') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_dropped_and_texts_are_resolved() {
        let root = parse(
            b"\xef\xbb\xbf <?xml version='1.0'?><a:r xmlns:a='u'><b k=\"1&amp;2\"> x &lt;&#65; <![CDATA[<y>]]></b><b/></a:r>\0",
        )
        .unwrap();
        assert_eq!(root.name, "r");
        let b = root.at("b").unwrap();
        assert_eq!((b.text.as_str(), b.attribute("k")), ("x <A <y>", Some("1&2")));
        assert_eq!(root.all("b").count(), 2);
        assert_eq!(root.find("b"), Some(b));
    }

    #[test]
    fn what_hostile_devices_send_is_refused_with_its_reason() {
        let deep = "<a>".repeat(40);
        let many = format!("<r>{}</r>", "<a/>".repeat(NODES_MAX));
        let wide = format!("<r {}/>", "a='1' ".repeat(NODES_MAX));
        for (text, error) in [
            ("<!DOCTYPE r [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><r>&b;</r>", XmlError::DocumentType),
            ("<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r/>", XmlError::DocumentType),
            ("<r>&passwd;</r>", XmlError::Entity),
            ("<r a='&passwd;'/>", XmlError::Entity),
            (deep.as_str(), XmlError::TooDeep),
            (many.as_str(), XmlError::TooMany),
            (wide.as_str(), XmlError::TooMany),
            ("<a><b></a></b>", XmlError::Malformed),
            ("<a>", XmlError::Malformed),
            ("", XmlError::Malformed),
            ("HTTP/1.1 200 OK", XmlError::Malformed),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(error), "{}", &text[..text.len().min(60)]);
        }
        assert_eq!(parse(&vec![b' '; BYTES_MAX + 1]), Err(XmlError::TooLarge));
    }

    proptest::proptest! {
        #[test]
        fn every_text_comes_back_from_its_escape(text in "[ -~\u{e9}\u{4e2d}]{0,40}") {
            let root = parse(format!("<a k=\"{0}\">{0}</a>", escape(&text)).as_bytes()).unwrap();
            proptest::prop_assert_eq!(root.text.as_str(), text.trim());
            proptest::prop_assert_eq!(root.attribute("k"), Some(text.as_str()));
        }

        #[test]
        fn nothing_makes_it_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}
