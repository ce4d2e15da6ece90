use aws_lc_rs::digest::{Context, SHA256};
use egress::{Delivery, MailServer, Security};
use policy::act::ReadPrivacy;
use policy::recipient::MailOperator;
use store::{ConsentKind, EventKind, Outcome};
use testkit::{Letter, Smtp, SmtpSecurity, SmtpServer};

use crate::rig::{BODY, CANARIES, EMAIL, PASSWORD, Rig, TITLE, assert_log_is_clean, at, listener};

/// SHA-256 as the gateway notes it, worked out from a letter that arrived.
fn hash(letter: &Letter) -> String {
    let id = letter.header("message-id").trim_start_matches('<').split('@').next().unwrap();
    let salt = u128::from_str_radix(id, 16).unwrap().to_be_bytes();
    let mut context = Context::new(&SHA256);
    for part in [&salt[..], b"account.email", EMAIL.as_bytes(), TITLE.as_bytes(), BODY.as_bytes()] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_letter_carries_the_address_and_the_words_and_nothing_else_of_anybody() {
    let login = Some(("operator", PASSWORD));
    for (how, security) in [
        (Smtp::default(), Security::Loopback),
        (Smtp { security: SmtpSecurity::StartTls, login, refuse: None }, Security::StartTls),
        (Smtp { security: SmtpSecurity::Tls, login, refuse: None }, Security::Tls),
    ] {
        let (rig, server) = (Rig::new().await, SmtpServer::start(how).unwrap());
        let mail = MailServer {
            host: "localhost".into(),
            security,
            login: how.login.map(|(user, password)| (user.into(), password.into())),
            ca: how.login.map(|_| server.authority()),
            ..at(server.port())
        };
        mail.probe().await.unwrap();
        let gateway = rig.gateway(Some(mail));
        assert!(gateway.reaches::<MailOperator>());
        assert_eq!(rig.send(&gateway).await, Ok(Delivery::Sent), "{security:?}");

        let letter = server.letter().await.unwrap();
        assert_eq!((letter.to.as_slice(), letter.header("to")), (&[EMAIL.to_owned()][..], EMAIL));
        assert_eq!((letter.header("subject"), letter.text.replace("\r\n", "\n").trim_end()), (TITLE, BODY));
        assert_eq!(
            (letter.from.as_str(), letter.header("from")),
            ("camera@operator.example", "家庭相机 <camera@operator.example>")
        );
        // The injected clock's, and no name of this machine.
        assert_eq!((letter.header("date"), letter.hello.as_str()), ("Sat, 31 Jan 2026 08:30:00 +0000", "[127.0.0.1]"));
        assert_eq!((letter.tls, letter.user.as_deref()), (how.login.is_some(), how.login.map(|(user, _)| user)));
        assert_eq!(
            letter.header_names(),
            ["auto-submitted", "content-transfer-encoding", "content-type", "date", "from", "message-id", "subject", "to"]
        );
        for canary in CANARIES {
            assert!(!letter.raw.contains(canary) && !letter.text.contains(canary), "{canary}");
        }

        let row = rig.rows().await.remove(0);
        assert_eq!(
            (row.outcome, row.fields, row.host.as_str()),
            (Some(Outcome::Sent), vec!["account.email".to_owned()], "localhost")
        );
        assert_eq!(
            (row.recipient.as_str(), row.purpose.as_str(), row.basis.as_str()),
            ("mail.operator", "notice.mail", "consent")
        );
        assert!(row.consent.is_some() && row.region == "CN");
        let read = rig.permit::<ReadPrivacy>(rig.subject);
        let noted = rig.store.events(&read, &[EventKind::Disclosure], None, 1).await.unwrap().remove(0).payload;
        assert_eq!(noted["payload_sha256"], hash(&letter), "whoever has the letter can show that it is the one that was noted");
        assert_log_is_clean();
    }
}

#[tokio::test]
async fn what_the_contract_asks_for_needs_no_consent() {
    let (rig, server) = (Rig::new().await, SmtpServer::start(Smtp::default()).unwrap());
    rig.consent(ConsentKind::Withdrawn).await;
    let gateway = rig.gateway(Some(at(server.port())));
    assert_eq!(gateway.send(rig.required().await).await.unwrap(), Delivery::Sent);
    assert_eq!(server.letter().await.unwrap().to, [EMAIL]);
    let row = rig.rows().await.remove(0);
    assert_eq!((row.purpose.as_str(), row.basis.as_str(), row.consent), ("notice.required", "contract", None));
    assert_eq!(row.outcome, Some(Outcome::Sent));
}

#[tokio::test]
async fn the_row_is_there_before_the_first_byte() {
    let _proofs = [evidence::proves("C-7.9", "egress.row"), evidence::proves("C-3.a.3.d", "egress.row")];
    let (rig, listener) = (Rig::new().await, listener().await);
    let gateway = rig.gateway(Some(at(listener.port())));
    let letter = rig.notice().await;
    let sending = tokio::spawn(async move { gateway.send(letter).await });
    listener.first_byte().await.unwrap();
    // The listener never answers, so nothing after the first words can have happened.
    let row = rig.rows().await.remove(0);
    assert_eq!((row.recipient.as_str(), row.outcome), ("mail.operator", None), "under way");

    // And a consent that is withdrawn now ends it now, not when the server answers.
    rig.consent(ConsentKind::Withdrawn).await;
    let ended = tokio::time::timeout(std::time::Duration::from_secs(1), sending).await.expect("cut within a second");
    assert_eq!(ended.unwrap().unwrap(), Delivery::Failed("consent.withdrawn"));
    assert_eq!(rig.outcome(1).await, Some(Outcome::Failed("consent.withdrawn".into())));
    assert_log_is_clean();
}
