//! The page as Markdown of headings, paragraphs, lists and strong words only: for people who agree to it, and for print.

use std::fmt::Write as _;

use crate::model::{ClauseState, RecipientState};
use crate::page::{CategoryView, Page, PurposeState, PurposeView, RecipientView};

impl Page {
    /// The whole page as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = Text(String::new());
        out.paragraph(&format!("# {}", self.title));
        out.paragraph(&format!(
            "{} {} · {} {}",
            self.word("label.version"),
            self.version,
            self.word("label.updated"),
            self.updated
        ));
        [&self.intro, &self.how, &self.governing].into_iter().for_each(|text| out.paragraph(text));
        for part in self.parts.iter().filter(|part| !part.clauses.is_empty()) {
            out.heading(&part.title);
            out.list(part.clauses.iter().map(|clause| {
                let badge = match clause.state {
                    ClauseState::InUse => "state.in_use",
                    ClauseState::NotYet => "state.not_yet",
                    ClauseState::Operator => "state.operator",
                    ClauseState::Statement => "state.statement",
                };
                format!("**{}** {} [{}]", clause.id, clause.text, self.word(badge))
            }));
        }
        out.heading(self.word("label.recipients"));
        for recipient in &self.recipients {
            out.paragraph(&format!("### {}", recipient.name));
            out.list(self.recipient(recipient).into_iter());
        }
        out.heading(self.word("label.purposes"));
        out.list(self.purposes.iter().map(|purpose| self.purpose(purpose)));
        out.heading(self.word("label.categories"));
        out.list(self.categories.iter().map(|category| self.category(category)));
        out.heading(self.word("label.rights"));
        out.list(self.rights.iter().map(|right| format!("**{}** {}", right.name, right.text)));
        out.heading(self.word("label.findings"));
        out.list(self.findings.iter().map(|finding| format!("**{}** {}", finding.id, finding.text)));
        out.paragraph(&self.advice);
        out.paragraph(&format!("{} {}", self.word("label.fingerprint"), self.hash));
        out.0
    }

    fn word(&self, key: &str) -> &str {
        self.words.get(key).map_or("", String::as_str)
    }

    fn recipient(&self, recipient: &RecipientView) -> Vec<String> {
        let state = match recipient.state {
            RecipientState::InUse => self.word("state.in_use"),
            RecipientState::NotYet => self.word("state.not_yet"),
            RecipientState::Denied => self.word("label.no_agreement"),
        };
        let mut lines = vec![format!("{} · {state} · {}", recipient.clause, recipient.region_name)];
        if recipient.state != RecipientState::Denied {
            let sent = recipient.fields.iter().map(|field| format!("{} ({})", field.name, field.purpose_name));
            lines.push(self.pair("label.sent", &self.join(sent)));
        }
        if !recipient.could_ask.is_empty() {
            lines.push(self.pair("label.could_ask", &self.join(recipient.could_ask.iter().cloned())));
        }
        let urls = std::iter::once(&recipient.policy_url).chain(&recipient.more_urls).filter(|url| !url.is_empty());
        lines.extend(urls.map(|url| self.pair("label.own_policy", url)));
        lines
    }

    fn purpose(&self, purpose: &PurposeView) -> String {
        let basis = self.word(&format!("basis.{}", purpose.basis.word()));
        let state = match purpose.state {
            PurposeState::InUse => self.word("state.in_use"),
            PurposeState::NotYet => self.word("state.not_yet"),
        };
        let uses = self.join(purpose.uses.iter().map(|used| used.name.clone()));
        let uses = if uses.is_empty() { uses } else { format!(" · {}", self.pair("label.category", &uses)) };
        format!("**{}** {basis} · {state}{uses}", purpose.name)
    }

    fn category(&self, category: &CategoryView) -> String {
        let sensitive = if category.sensitive { format!("{} · ", self.word("label.sensitive")) } else { String::new() };
        let (kept, place) = (&category.retention.text, self.pair("label.where", &category.place));
        if category.stored {
            format!("**{}** {sensitive}{kept} {place}", category.name)
        } else {
            format!("**{}** {sensitive}{kept}", category.name)
        }
    }

    fn pair(&self, key: &str, value: &str) -> String {
        format!("{}{}{value}", self.word(key), if self.is_chinese() { "：" } else { ": " })
    }

    fn join(&self, words: impl Iterator<Item = String>) -> String {
        words.collect::<Vec<_>>().join(if self.is_chinese() { "、" } else { ", " })
    }

    fn is_chinese(&self) -> bool {
        self.language.starts_with("zh")
    }
}

/// Blocks, a blank line apart.
struct Text(String);

impl Text {
    fn heading(&mut self, text: &str) {
        self.paragraph(&format!("## {text}"));
    }

    fn paragraph(&mut self, text: &str) {
        if !text.is_empty() {
            let _ = writeln!(self.0, "{}{text}", if self.0.is_empty() { "" } else { "\n" });
        }
    }

    fn list(&mut self, items: impl Iterator<Item = String>) {
        for (index, item) in items.enumerate() {
            let _ = writeln!(self.0, "{}- {item}", if index == 0 { "\n" } else { "" });
        }
    }
}
