//! How the set-up page looks: a phone's width, light and dark, and words in two languages.

use domain::onboarding::Ssid;

use super::page::State;
use super::page_words::{Language, Trouble, Words};
use super::{Asks, Seen};

/// The page's own style and forms, and nothing else from anywhere.
pub(super) const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = ":root{color-scheme:light dark;--ink:#1b1d22;--soft:#5b616c;--paper:#f6f7f9;--card:#fff;--line:#c9ced6;--accent:#1a5fb4;--on:#fff;\
--bad:#a51d2d}@media(prefers-color-scheme:dark){:root{--ink:#eceef2;--soft:#a7adb9;--paper:#14161a;--card:#1e2127;--line:#434956;\
--accent:#8ab8ff;--on:#10233f;--bad:#ff9d9d}}*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);\
font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'PingFang SC','Noto Sans CJK SC',sans-serif}main{max-width:30rem;margin:0 auto;\
padding:1rem}h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}h2,legend{font-size:1rem;font-weight:600;padding:0;margin:0}\
p{margin:.25rem 0}.soft{color:var(--soft);font-size:.9375rem}nav{text-align:right}a{color:var(--accent);display:inline-block;padding:.6rem 0}\
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1rem;margin:1rem 0}fieldset{border:0;margin:0;padding:0;\
min-width:0}ul{list-style:none;margin:.5rem 0 0;padding:0}li+li{border-top:1px solid var(--line)}li label{display:flex;gap:.75rem;\
align-items:center;min-height:3rem;overflow-wrap:anywhere}li label span:first-of-type{flex:1}input[type=radio]{width:1.25rem;height:1.25rem;\
accent-color:var(--accent);flex:none}.field{display:block;margin-top:1rem}.field span{display:block;font-weight:600}\
input[type=text],input[type=password],textarea{width:100%;min-height:2.75rem;padding:.5rem .75rem;font:inherit;color:inherit;\
background:var(--paper);border:1px solid var(--line);border-radius:8px}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}\
button{width:100%;min-height:3rem;font:inherit;font-weight:600;border:0;border-radius:8px;background:var(--accent);color:var(--on)}\
.bad{color:var(--bad);font-weight:600}summary{padding:.6rem 0}";

/// The form, with what was wrong with the last one.
pub(super) fn form(state: &State, language: Language, wrong: Option<Trouble>) -> String {
    let words = language.words();
    let trouble = match (wrong, &state.trouble) {
        (Some(wrong), _) => Some(words.trouble(wrong).to_owned()),
        (None, Some((ssid, error))) => {
            Some(format!("{} {}", words.failed.replace("{name}", &safe(&ssid.to_string())), words.reason(error)))
        }
        (None, None) => None,
    };
    let trouble = trouble.map_or_else(String::new, |text| format!("<p class=\"bad\" role=\"alert\">{text}</p>"));
    let networks: String = state.networks.iter().enumerate().map(|(at, seen)| network(words, at, seen)).collect();
    let none = if state.networks.is_empty() { format!("<p class=\"soft\">{}</p>", words.none) } else { String::new() };
    let Words { intro, networks: heading, other, other_name, other_hint, password, password_hint, code, code_hint, join, .. } =
        words;
    let body = format!(
        "<p class=\"soft\">{intro}</p>{trouble}<form method=\"post\" action=\"/\"><input type=\"hidden\" name=\"token\" value=\"{}\">\
         <input type=\"hidden\" name=\"lang\" value=\"{}\"><div class=\"card\"><fieldset><legend>{heading}</legend>{none}<ul>{networks}\
         <li><label><input type=\"radio\" name=\"network\" value=\"other\"><span>{other}</span></label></li></ul></fieldset>\
         <label class=\"field\"><span>{other_name}</span><input type=\"text\" name=\"other\" maxlength=\"32\" autocapitalize=\"none\" \
         autocomplete=\"off\" spellcheck=\"false\" aria-describedby=\"oh\"></label><p id=\"oh\" class=\"soft\">{other_hint}</p>\
         <label class=\"field\"><span>{password}</span><input type=\"password\" name=\"password\" maxlength=\"128\" \
         autocomplete=\"off\" aria-describedby=\"ph\"></label><p id=\"ph\" class=\"soft\">{password_hint}</p></div>\
         <details class=\"card\"><summary>{code}</summary><label class=\"field\"><span>{code}</span><textarea name=\"code\" rows=\"4\" \
         maxlength=\"1024\" autocapitalize=\"none\" autocomplete=\"off\" spellcheck=\"false\" aria-describedby=\"ch\"></textarea></label>\
         <p id=\"ch\" class=\"soft\">{code_hint}</p></details><button>{join}</button></form>",
        state.token,
        language.tag(),
    );
    page(language, &state.name, &body)
}

/// What is seen once the choice is taken: the network, and with it this page, goes.
pub(super) fn joining(name: &str, language: Language, ssid: &Ssid) -> String {
    let words = language.words();
    let body = format!(
        "<div class=\"card\" role=\"status\"><h2>{}</h2><p>{}</p></div>",
        words.joining.replace("{name}", &safe(&ssid.to_string())),
        words.joining_text.replace("{own}", &safe(name)),
    );
    page(language, name, &body)
}

fn network(words: &Words, at: usize, seen: &Seen) -> String {
    let asks = match seen.asks {
        Asks::Nothing => words.open,
        Asks::Other => words.unsupported_short,
        Asks::Wpa | Asks::Sae => words.strength(seen.strength),
    };
    let disabled = if seen.asks == Asks::Other { " disabled" } else { "" };
    format!(
        "<li><label><input type=\"radio\" name=\"network\" value=\"{at}\"{disabled}><span>{}</span><span class=\"soft\">{asks}</span>\
         </label></li>",
        safe(&seen.ssid.to_string())
    )
}

fn page(language: Language, name: &str, body: &str) -> String {
    let words = language.words();
    let other = language.other();
    format!(
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><title>{} · {}</title><style>{STYLE}</style></head><body><main><nav><a href=\"/?lang={}\" lang=\"{}\" \
         hreflang=\"{}\">{}</a></nav><h1>{}</h1>{body}</main></body></html>",
        language.tag(),
        words.title,
        safe(name),
        other.tag(),
        other.tag(),
        other.tag(),
        other.name(),
        words.title,
    )
}

/// A text of somebody's between tags, or in a quoted attribute: a network's name is anybody's.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}
