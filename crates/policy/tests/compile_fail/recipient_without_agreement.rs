//! A vendor that no agreement binds gets nothing, not even what its list has.
use policy::category::PushToken;
use policy::purpose::NoticePush;
use policy::recipient::PushHuawei;
use policy::{Outbound, Pd};

fn send(message: Outbound<PushHuawei, NoticePush>, token: Pd<PushToken>) {
    let _ = message.put::<PushToken>(token);
}

fn main() {}
