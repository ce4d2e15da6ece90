//! What data are used for, and which purpose may use which category.

use crate::category::{AccountEmail, CameraAccess, Category};

/// A purpose of the policy.
pub trait Purpose: 'static {
    /// Its id in the policy.
    const ID: &'static str;
}

/// That a purpose may use a category. No impl, no use: the compiler says so.
#[diagnostic::on_unimplemented(
    message = "purpose `{Self}` has no declared use of category `{C}`",
    note = "the policy lists which purpose uses which category (C-3.b.1)"
)]
pub trait Uses<C: Category>: Purpose {}

macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident = $id:literal uses [$($category:ident),*]),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl Purpose for $name {
            const ID: &'static str = $id;
        }

        $(impl Uses<$category> for $name {})*
    )+};
}

purposes! {
    /// To have an account: sign in, see and change what is under one's name (C-1.1.5).
    AccountService = "account.service" uses [AccountEmail],
    /// To add, name, change and remove cameras (C-1.3.2, C-1.3.5).
    CameraManage = "camera.manage" uses [CameraAccess],
    /// To show a camera's picture while it happens (C-1.3.6).
    VideoLive = "video.live" uses [CameraAccess],
    /// To keep a camera's picture (C-1.3.6).
    VideoRecord = "video.record" uses [CameraAccess],
    /// To play, show and save kept pictures (C-1.3.6).
    VideoPlayback = "video.playback" uses [CameraAccess],
}
