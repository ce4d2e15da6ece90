//! The page as one file of HTML: headings, lists and tables, no script, nothing from elsewhere. It reads well on a phone and
//! on paper, and every clause has its id as an anchor.

use std::fmt::{self, Write as _};

use crate::model::{ClauseState, RecipientState};
use crate::page::{ClauseView, Page, PartView, RecipientView};

/// System fonts, ink on paper, and a table that may be wider than a phone.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0 auto;max-width:44rem;padding:1rem;font:1rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}\
h1{line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid}\
h3{margin-bottom:.25rem}ol,ul{padding-left:0;list-style:none}li{margin:.75rem 0}nav li{margin:.25rem 0}\
.id{font-weight:600}.state,.kept{font-size:.85rem;white-space:nowrap;border:1px solid;border-radius:.3rem;padding:0 .35rem}\
.state.in_use{border-width:2px}.kept{border-style:dotted;white-space:normal}\
.table{overflow-x:auto}table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:600}\
th,td{border:1px solid;padding:.25rem .5rem;text-align:left;vertical-align:top}\
footer{margin-top:3rem;font-size:.85rem}\
@media print{body{max-width:none;font-size:10pt}nav{display:none}a{color:inherit;text-decoration:none}\
li,tr,.recipient{break-inside:avoid}h2,h3{break-after:avoid}}";

impl Page {
    /// The whole page as HTML, complete in itself.
    #[must_use]
    pub fn html(&self) -> String {
        let mut out = Html(String::new());
        out.put(format_args!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <meta http-equiv=\"content-security-policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
            Escaped(&self.language),
            Escaped(&self.title),
        ));
        out.put(format_args!(
            "<header>\n<h1>{}</h1>\n<p>{} {} · {} <time>{}</time></p>\n",
            Escaped(&self.title),
            Escaped(self.word("label.version")),
            Escaped(&self.version),
            Escaped(self.word("label.updated")),
            Escaped(&self.updated),
        ));
        [&self.intro, &self.how, &self.governing].into_iter().for_each(|text| out.paragraph(text));
        out.put(format_args!("</header>\n"));
        self.contents(&mut out);
        out.put(format_args!("<main>\n"));
        self.parts.iter().filter(|part| !part.clauses.is_empty()).for_each(|part| self.part(&mut out, part));
        self.section(&mut out, "recipients", |out| {
            self.recipients.iter().for_each(|recipient| self.recipient_html(out, recipient));
        });
        self.section(&mut out, "purposes", |out| out.list("purpose", self.purposes.iter().map(|p| (&*p.id, self.purpose(p)))));
        self.section(&mut out, "categories", |out| {
            out.list("category", self.categories.iter().map(|c| (&*c.id, self.category(c))))
        });
        let strong = |name: &str, text: &str| format!("**{name}** {text}");
        self.section(&mut out, "rights", |out| out.list("right", self.rights.iter().map(|r| (&*r.id, strong(&r.name, &r.text)))));
        self.section(&mut out, "findings", |out| {
            out.list("finding", self.findings.iter().map(|f| (&*f.id, strong(&f.id, &f.text))));
        });
        out.put(format_args!("</main>\n<footer>\n"));
        out.paragraph(&self.advice);
        let fingerprint = self.word("label.fingerprint");
        out.put(format_args!("<p>{} <code>{}</code></p>\n", Escaped(fingerprint), Escaped(&self.hash)));
        out.put(format_args!("</footer>\n</body>\n</html>\n"));
        out.0
    }

    fn contents(&self, out: &mut Html) {
        let parts =
            self.parts.iter().filter(|part| !part.clauses.is_empty()).map(|part| (format!("part-{}", part.id), &*part.title));
        let rest = ["recipients", "purposes", "categories", "rights", "findings"];
        let rest = rest.map(|id| (id.to_owned(), self.word(&format!("label.{id}"))));
        out.put(format_args!("<nav>\n<ul>\n"));
        for (id, title) in parts.chain(rest) {
            out.put(format_args!("<li><a href=\"#{id}\">{}</a></li>\n", Escaped(title)));
        }
        out.put(format_args!("</ul>\n</nav>\n"));
    }

    fn section(&self, out: &mut Html, id: &str, body: impl FnOnce(&mut Html)) {
        out.put(format_args!("<section id=\"{id}\">\n<h2>{}</h2>\n", Escaped(self.word(&format!("label.{id}")))));
        body(out);
        out.put(format_args!("</section>\n"));
    }

    fn part(&self, out: &mut Html, part: &PartView) {
        out.put(format_args!("<section id=\"part-{}\">\n<h2>{}</h2>\n<ol>\n", part.id, Escaped(&part.title)));
        part.clauses.iter().for_each(|clause| self.clause(out, clause));
        out.put(format_args!("</ol>\n</section>\n"));
    }

    fn clause(&self, out: &mut Html, clause: &ClauseView) {
        let state = match clause.state {
            ClauseState::InUse => "in_use",
            ClauseState::NotYet => "not_yet",
            ClauseState::Operator => "operator",
            ClauseState::Statement => "statement",
        };
        out.put(format_args!(
            "<li id=\"{0}\"><a class=\"id\" href=\"#{0}\">{0}</a> {1} <span class=\"state {state}\">{2}</span>",
            Escaped(&clause.id),
            Escaped(&clause.text),
            Escaped(self.word(&format!("state.{state}"))),
        ));
        if !clause.points.is_empty() {
            out.put(format_args!(" <span class=\"kept\">{}", Escaped(&clause.points.join(" · "))));
            if clause.tests > 0 {
                let tests = self.word("label.tests").replace("{n}", &clause.tests.to_string());
                let proven = if clause.proven { self.word("label.proven") } else { self.word("label.unproven") };
                out.put(format_args!(" · {} · {}", Escaped(&tests), Escaped(proven)));
            }
            out.put(format_args!("</span>"));
        }
        out.put(format_args!("</li>\n"));
    }

    fn recipient_html(&self, out: &mut Html, recipient: &RecipientView) {
        let state = match recipient.state {
            RecipientState::InUse => self.word("state.in_use"),
            RecipientState::NotYet => self.word("state.not_yet"),
            RecipientState::Denied => self.word("label.no_agreement"),
        };
        out.put(format_args!(
            "<section class=\"recipient\" id=\"recipient-{}\">\n<h3>{}</h3>\n<p><a href=\"#{2}\">{2}</a> · {3} · {4}</p>\n",
            Escaped(&recipient.id),
            Escaped(&recipient.name),
            Escaped(&recipient.clause),
            Escaped(state),
            Escaped(&recipient.region_name),
        ));
        if recipient.state != RecipientState::Denied && !recipient.fields.is_empty() {
            out.put(format_args!(
                "<div class=\"table\"><table>\n<caption>{}</caption>\n<thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead>\n<tbody>\n",
                Escaped(self.word("label.sent")),
                Escaped(self.word("label.category")),
                Escaped(self.word("label.purposes")),
            ));
            for field in &recipient.fields {
                out.put(format_args!("<tr><td>{}</td><td>{}</td></tr>\n", Escaped(&field.name), Escaped(&field.purpose_name)));
            }
            out.put(format_args!("</tbody>\n</table></div>\n"));
        }
        if !recipient.could_ask.is_empty() {
            out.paragraph(&self.pair("label.could_ask", &self.join(recipient.could_ask.iter().cloned())));
        }
        for url in std::iter::once(&recipient.policy_url).chain(&recipient.more_urls).filter(|url| !url.is_empty()) {
            out.put(format_args!("<p>{}", Escaped(&self.pair("label.own_policy", ""))));
            // Only what can be nothing but a page.
            if url.starts_with("https://") {
                out.put(format_args!("<a rel=\"noreferrer\" href=\"{0}\">{0}</a></p>\n", Escaped(url)));
            } else {
                out.put(format_args!("{}</p>\n", Escaped(url)));
            }
        }
        out.put(format_args!("</section>\n"));
    }
}

struct Html(String);

impl Html {
    /// Appends; a String takes everything.
    fn put(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.0.write_fmt(text);
    }

    fn paragraph(&mut self, text: &str) {
        if !text.is_empty() {
            self.put(format_args!("<p>{}</p>\n", Escaped(text)));
        }
    }

    /// Items by id, in a name space of their own; their text begins with a strong word, as Markdown writes it.
    fn list<'a>(&mut self, space: &str, items: impl Iterator<Item = (&'a str, String)>) {
        self.put(format_args!("<ul>\n"));
        for (id, text) in items {
            let (name, rest) = text.strip_prefix("**").and_then(|text| text.split_once("**")).unwrap_or(("", &text));
            self.put(format_args!(
                "<li id=\"{space}-{}\"><strong>{}</strong>{}</li>\n",
                Escaped(id),
                Escaped(name),
                Escaped(rest)
            ));
        }
        self.put(format_args!("</ul>\n"));
    }
}

/// Text that can be nothing but text, between tags and in quotes.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_a_tag() {
        assert_eq!(Escaped("<a href='x'>\"&\"</a>").to_string(), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;");
    }
}
