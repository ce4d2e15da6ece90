//! The set-up page's words, written in each language.

use axum::http::{HeaderMap, header};

use super::JoinError;

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Chinese,
    English,
}

/// What is wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No network was chosen.
    Network,
    /// A name that no network can have.
    Name,
    /// A password that this network cannot have.
    Password,
    /// A code that is none.
    Code,
    /// A network that asks for more than a password.
    Unsupported,
}

pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) intro: &'static str,
    pub(super) networks: &'static str,
    pub(super) none: &'static str,
    pub(super) other: &'static str,
    pub(super) other_name: &'static str,
    pub(super) other_hint: &'static str,
    pub(super) password: &'static str,
    pub(super) password_hint: &'static str,
    pub(super) code: &'static str,
    pub(super) code_hint: &'static str,
    pub(super) join: &'static str,
    pub(super) open: &'static str,
    pub(super) unsupported_short: &'static str,
    pub(super) failed: &'static str,
    pub(super) joining: &'static str,
    pub(super) joining_text: &'static str,
    strengths: [&'static str; 3],
    troubles: [&'static str; 5],
    reasons: [&'static str; 6],
}

impl Language {
    /// The one that was asked for, or else the browser's first.
    pub(super) fn of(asked: Option<&str>, headers: &HeaderMap) -> Self {
        let first = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?.split([',', ';']).next();
        let wish = asked.or_else(first).unwrap_or_default().trim();
        let prefix = wish.get(..2).unwrap_or_default();
        if prefix.eq_ignore_ascii_case("zh") { Self::Chinese } else { Self::English }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Chinese => Self::English,
            Self::English => Self::Chinese,
        }
    }

    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// In itself.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Chinese => "中文",
            Self::English => "English",
        }
    }

    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::Chinese => &CHINESE,
            Self::English => &ENGLISH,
        }
    }
}

impl Words {
    pub(super) const fn strength(&self, percent: u8) -> &'static str {
        match percent {
            0..=33 => self.strengths[0],
            34..=66 => self.strengths[1],
            _ => self.strengths[2],
        }
    }

    pub(super) const fn trouble(&self, trouble: Trouble) -> &'static str {
        match trouble {
            Trouble::Network => self.troubles[0],
            Trouble::Name => self.troubles[1],
            Trouble::Password => self.troubles[2],
            Trouble::Code => self.troubles[3],
            Trouble::Unsupported => self.troubles[4],
        }
    }

    pub(super) const fn reason(&self, error: &JoinError) -> &'static str {
        match error {
            JoinError::WrongPassword => self.reasons[0],
            JoinError::NotFound => self.reasons[1],
            JoinError::OtherSecurity => self.reasons[2],
            JoinError::NoAddress => self.reasons[3],
            JoinError::TimedOut => self.reasons[4],
            _ => self.reasons[5],
        }
    }
}

const ENGLISH: Words = Words {
    title: "Bring this camera into your Wi-Fi",
    intro: "The password goes to this camera and to nobody else.",
    networks: "Networks that the camera sees",
    none: "It sees none. Move it closer to your router, or type the name below.",
    other: "Another network",
    other_name: "Name of another network",
    other_hint: "Also one that hides its name. Only if you chose “Another network”.",
    password: "Password",
    password_hint: "Empty where the network has none.",
    code: "I have a code from my server",
    code_hint: "A text that begins with atipcam:wifi. It holds the network and its password, so nothing else is needed here.",
    join: "Connect",
    open: "no password",
    unsupported_short: "cannot be joined",
    failed: "“{name}” could not be joined.",
    joining: "The camera now joins “{name}”",
    joining_text: "This page and the network {own} go away. If they are back after a minute or two, join {own} again: the page then says what went wrong.",
    strengths: ["weak", "fair", "strong"],
    troubles: [
        "Please choose a network.",
        "That is no network’s name: 1 to 32 bytes, none of them unprintable.",
        "That cannot be the password: most networks want 8 to 63 characters.",
        "This code cannot be read. Copy all of it, from atipcam:wifi to its end.",
        "This network asks for more than a password; the camera cannot join it.",
    ],
    reasons: [
        "It did not take the password. Please type it again.",
        "It is not in reach. Move the camera closer, or check the name.",
        "It is protected in another way. Choose it from the list.",
        "It let the camera in and gave no address. Restart your router and try again.",
        "It did not answer in time. Please try again.",
        "Please try again.",
    ],
};

const CHINESE: Words = Words {
    title: "给摄像机连上 Wi-Fi",
    intro: "密码只交给这台摄像机，不会发给别人。",
    networks: "摄像机搜到的网络",
    none: "一个也没有搜到。请把摄像机挪近路由器，或在下面填写名称。",
    other: "其他网络",
    other_name: "其他网络的名称",
    other_hint: "隐藏名称的网络也填在这里。只在选了“其他网络”时需要。",
    password: "密码",
    password_hint: "没有密码的网络不用填。",
    code: "服务器给了我一段设置码",
    code_hint: "以 atipcam:wifi 开头的一段文字，里面已有网络和密码，别的都不用填。",
    join: "连接",
    open: "无密码",
    unsupported_short: "连不了",
    failed: "没能连上“{name}”。",
    joining: "摄像机正在连接“{name}”",
    joining_text: "这个页面和网络 {own} 会消失。如果一两分钟后又出现了，请重新连上 {own}，页面会说明原因。",
    strengths: ["弱", "中", "强"],
    troubles: [
        "请选择一个网络。",
        "这个名称不对：长度为 1 到 32 个字节，不能有控制字符。",
        "密码不对：一般是 8 到 63 个字符。",
        "读不懂这段设置码。请从 atipcam:wifi 开始，完整复制。",
        "这个网络不只要密码，摄像机连不了。",
    ],
    reasons: [
        "密码不对，请重新输入。",
        "没有找到这个网络。请把摄像机挪近一些，或检查名称。",
        "它用的是另一种加密方式，请从列表里选择。",
        "连上了，但没有分到地址。请重启路由器再试。",
        "它没有及时回应，请再试一次。",
        "请再试一次。",
    ],
};
