use egress::{Delivery, MailServer, Security};
use store::Outcome;
use testkit::{Smtp, SmtpSecurity, SmtpServer};

use crate::rig::{PASSWORD, Rig, SHORT, assert_log_is_clean, at, listener, log};

/// A port that no program gets by chance (tcpmux).
const NOBODY: u16 = 1;

/// The letter does not arrive, and the row says why, as the log does, which says no more: servers quote the address.
async fn fails(mail: MailServer, code: &'static str) {
    let rig = Rig::new().await;
    assert_eq!(rig.send(&rig.gateway(Some(mail))).await, Ok(Delivery::Failed(code)));
    assert_eq!(rig.outcome(1).await, Some(Outcome::Failed(code.into())), "{code}");
    assert!(log().contains(&format!("code=\"{code}\"")), "{code} is in the log");
    assert_log_is_clean();
}

#[tokio::test]
async fn a_server_that_is_down_or_slow_is_not_waited_for() {
    assert_eq!(at(NOBODY).probe().await, Err("mail.unreachable"));
    fails(at(NOBODY), "mail.unreachable").await;
    let silent = listener().await;
    let slow = MailServer { time_max: SHORT, ..at(silent.port()) };
    assert_eq!(slow.probe().await, Err("mail.timeout"));
    fails(slow, "mail.timeout").await;
}

#[tokio::test]
async fn a_recipient_that_is_refused_for_ever_or_for_now() {
    for (refuse, code) in [(550, "mail.refused"), (451, "mail.later")] {
        let server = SmtpServer::start(Smtp { refuse: Some(refuse), ..Smtp::default() }).unwrap();
        fails(at(server.port()), code).await;
        assert_eq!(server.letter_within(std::time::Duration::ZERO).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_as_such_and_not_told() {
    let server = SmtpServer::start(Smtp { login: Some(("operator", "another")), ..Smtp::default() }).unwrap();
    let mail = MailServer { login: Some(("operator".into(), PASSWORD.into())), ..at(server.port()) };
    assert!(!format!("{mail:?}").contains(PASSWORD));
    assert_eq!(mail.probe().await, Err("mail.login"));
    fails(mail, "mail.login").await;
}

#[tokio::test]
async fn a_letter_goes_by_tls_to_whom_it_trusts_or_not_at_all() {
    let plain = SmtpServer::start(Smtp::default()).unwrap();
    let starttls = MailServer { host: "localhost".into(), security: Security::StartTls, ..at(plain.port()) };
    fails(starttls.clone(), "mail.insecure").await;
    let server = SmtpServer::start(Smtp { security: SmtpSecurity::StartTls, ..Smtp::default() }).unwrap();
    let unknown = MailServer { port: server.port(), ..starttls };
    fails(unknown.clone(), "mail.tls").await;
    // The same machine, by an address that its certificate is not for.
    let other = MailServer { host: "0.0.0.0".into(), ca: Some(server.authority()), ..unknown.clone() };
    fails(other, "mail.tls").await;
    let missing = MailServer { ca: Some("/nonexistent.pem".into()), ..unknown };
    assert_eq!(missing.check().await, Err("mail.bad_ca"));
    fails(missing, "mail.bad_ca").await;
}

#[tokio::test]
async fn a_sender_that_is_no_address_is_found_before_anybody_is_asked() {
    let silent = listener().await;
    let mail = MailServer { from: "nobody".into(), ..at(silent.port()) };
    assert_eq!(mail.check().await, Err("mail.bad_from"));
    fails(mail, "mail.bad_from").await;
    assert_eq!(silent.seen().await.unwrap().connections, 0);
}
