//! The page as Markdown of headings, paragraphs, lists and bold words only: for people who agree to it, and for print.

use std::fmt::Write as _;

use crate::model::{Basis, ClauseState, RecipientState};
use crate::page::{Page, PurposeState, RecipientView};

impl Page {
    /// The whole page as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = Text(String::new());
        out.paragraph(&format!("# {}", self.title));
        out.paragraph(&format!("{} {} · {} {}", self.label("version"), self.version, self.label("updated"), self.updated));
        out.paragraph(&self.intro);
        for part in self.parts.iter().filter(|part| !part.clauses.is_empty()) {
            out.paragraph(&format!("## {}", part.title));
            out.list(part.clauses.iter().map(|clause| {
                let badge = match clause.state {
                    // What is in force needs no badge, and what says something claims nothing.
                    ClauseState::InUse | ClauseState::Statement => String::new(),
                    ClauseState::NotYet => format!(" ({})", self.label("not_yet")),
                    ClauseState::Operator => format!(" ({})", self.label("operator")),
                };
                format!("**{}** {}{badge}", clause.id, clause.text)
            }));
        }
        self.recipients(&mut out);
        self.purposes(&mut out);
        self.categories(&mut out);
        out.paragraph(&format!("## {}", self.label("rights")));
        out.list(self.rights.iter().map(|right| format!("**{}** {}", right.name, right.text)));
        out.paragraph(&format!("## {}", self.label("findings")));
        out.list(self.findings.iter().map(|finding| format!("**{}** {}", finding.id, finding.text)));
        out.0
    }

    fn label(&self, key: &str) -> &str {
        self.labels.get(key).map_or("", String::as_str)
    }

    fn recipients(&self, out: &mut Text) {
        out.paragraph(&format!("## {}", self.label("recipients")));
        for recipient in &self.recipients {
            out.paragraph(&format!("### {}", recipient.name));
            out.list(self.recipient(recipient).into_iter());
        }
    }

    fn recipient(&self, recipient: &RecipientView) -> Vec<String> {
        let state = match recipient.state {
            RecipientState::InUse => self.label("in_use"),
            RecipientState::NotYet => self.label("not_yet"),
            RecipientState::Denied => self.label("nothing_sent"),
        };
        let mut lines = vec![format!("{state} ({})", recipient.clause)];
        lines.extend(recipient.fields.iter().map(|field| format!("{}: {} ({})", self.label("fields"), field.name, field.purpose_name)));
        if !recipient.could_ask.is_empty() {
            lines.push(format!("{}: {}", self.label("could_ask"), recipient.could_ask.join(self.separator())));
        }
        lines.extend(std::iter::once(&recipient.policy_url).chain(&recipient.more_urls).filter(|url| !url.is_empty()).cloned());
        lines
    }

    fn purposes(&self, out: &mut Text) {
        out.paragraph(&format!("## {}", self.label("purposes")));
        out.list(self.purposes.iter().map(|purpose| {
            let basis = match purpose.basis {
                Basis::Contract => self.label("contract"),
                Basis::Consent => self.label("consent"),
                Basis::LegalObligation => self.label("legal_obligation"),
            };
            let not_yet = if purpose.state == PurposeState::NotYet { self.label("not_yet") } else { "" };
            let uses: Vec<_> = purpose.uses.iter().map(|used| used.name.as_str()).collect();
            let uses = if uses.is_empty() { self.label("none").to_owned() } else { uses.join(self.separator()) };
            let words: Vec<_> = [basis, not_yet].into_iter().filter(|word| !word.is_empty()).collect();
            format!("**{}** ({}) {}: {uses}", purpose.name, words.join(self.separator()), self.label("uses"))
        }));
    }

    fn categories(&self, out: &mut Text) {
        out.paragraph(&format!("## {}", self.label("categories")));
        out.list(self.categories.iter().map(|category| {
            let colon = if self.language.starts_with("zh") { "：" } else { ": " };
            format!("**{}** {}{colon}{}", category.name, self.label("retention"), category.retention.text)
        }));
    }

    fn separator(&self) -> &'static str {
        if self.language.starts_with("zh") { "、" } else { ", " }
    }
}

/// Blocks, a blank line apart.
struct Text(String);

impl Text {
    fn paragraph(&mut self, text: &str) {
        if !text.is_empty() {
            let _ = write!(self.0, "{}{text}\n", if self.0.is_empty() { "" } else { "\n" });
        }
    }

    fn list(&mut self, items: impl Iterator<Item = String>) {
        for (index, item) in items.enumerate() {
            let _ = write!(self.0, "{}- {item}\n", if index == 0 { "\n" } else { "" });
        }
    }
}
