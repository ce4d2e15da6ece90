//! The words of letters, Chinese first: both languages in one letter, since nothing says which the person reads.
//!
//! They say nothing about the person, so that a letter holds no more than its address does: `{operator}`, `{contact}` and
//! `{version}` are the same for everyone.

use policyc::Deployment;

use super::Notice;

/// Title and text in a language.
struct Words {
    title: &'static str,
    text: &'static str,
    /// Who runs the server, where nobody said.
    operator: &'static str,
}

const ZH: &str = "本服务器的运营者";
const EN: &str = "whoever runs this server";

const NEW_SIGN_IN: [Words; 2] = [
    Words {
        title: "新的登录",
        text: "您的账号刚刚被登录。\n如果是您本人，无需任何操作。如果不是，请尽快联系{operator}。\n\
               您收到这封信，是因为您同意接收有关账号的邮件。您可以随时在应用的“隐私”页面撤回同意。",
        operator: ZH,
    },
    Words {
        title: "New sign-in",
        text: "Somebody has just signed in to your account.\nIf it was you, there is nothing to do. If it was not, get in touch with \
               {operator} soon.\nYou get this letter because you agreed to letters about your account. You can take that back at \
               any time, in the app under Privacy.",
        operator: EN,
    },
];

const POLICY_CHANGED: [Words; 2] = [
    Words {
        title: "隐私政策已更新",
        text: "隐私政策的 {version} 版已经生效。\n请在应用的“隐私”页面查看全文，以及它与之前版本的不同之处。\n如有疑问，请联系{operator}。",
        operator: ZH,
    },
    Words {
        title: "The privacy policy has changed",
        text: "Version {version} of the privacy policy is in force.\nRead it in the app under Privacy, with what differs from the \
               version before.\nIf you have questions, ask {operator}.",
        operator: EN,
    },
];

/// Title and body of a letter.
pub(super) fn letter(notice: &Notice, deployment: &Deployment) -> (String, String) {
    let (words, version) = match notice {
        Notice::NewSignIn => (&NEW_SIGN_IN, ""),
        Notice::PolicyChanged { version } => (&POLICY_CHANGED, version.as_str()),
    };
    let texts = words.each_ref().map(|words| {
        let operator = match (deployment.operator.as_str(), deployment.contact.as_str()) {
            ("", "") => words.operator.to_owned(),
            ("", contact) => format!("{} ({contact})", words.operator),
            (operator, "") => operator.to_owned(),
            (operator, contact) => format!("{operator} ({contact})"),
        };
        words.text.replace("{operator}", &operator).replace("{version}", version)
    });
    (words.each_ref().map(|words| words.title).join(" / "), texts.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_in_both_languages_and_names_whom_to_ask() {
        let unnamed = Deployment::default();
        let named = Deployment { operator: "张家".into(), contact: "zhang@home.example".into(), ..Deployment::default() };
        for notice in [Notice::NewSignIn, Notice::PolicyChanged { version: "1.2.0".into() }] {
            let (title, text) = letter(&notice, &named);
            assert!(title.contains(" / ") && text.matches("张家 (zhang@home.example)").count() == 2, "{title}: {text}");
            assert!(!text.contains(['{', '}']), "{text}");
            assert_eq!(text.matches("1.2.0").count(), if notice.is_required() { 2 } else { 0 }, "{text}");
            let (_, text) = letter(&notice, &unnamed);
            assert!(text.contains(ZH) && text.contains(EN), "{text}");
        }
    }
}
