//! Categories of personal data. A type each, never made: they mark [`crate::Sealed`] and [`crate::Pd`].

/// A category of personal data.
pub trait Category: 'static {
    /// Its id in the policy.
    const ID: &'static str;
}

macro_rules! categories {
    ($($(#[$doc:meta])* $name:ident = $id:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl Category for $name {
            const ID: &'static str = $id;
        }
    )+};
}

categories! {
    /// The e-mail address of an account (C-1.1.5).
    AccountEmail = "account.email",
    /// What a camera is called and how to reach it: name, addresses, user name, password.
    CameraAccess = "camera.access",
}
