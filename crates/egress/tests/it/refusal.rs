use domain::Timestamp;
use egress::{Delivery, Gateway, MailServer, Security};
use store::{ConsentKind, Outcome};
use testkit::{Listener, Seen};

use crate::rig::{Rig, SHORT, assert_log_is_clean, at, listener};

/// Nobody was called, and the row says why.
async fn assert_refused(rig: &Rig, listener: &Listener, reason: &str) {
    assert_eq!(listener.seen().await.unwrap(), Seen::default(), "{reason}");
    assert_eq!(rig.outcome(1).await, Some(Outcome::Refused(reason.into())));
    assert_log_is_clean();
}

fn to(listener: &Listener) -> Option<MailServer> {
    Some(MailServer { time_max: SHORT, ..at(listener.port()) })
}

async fn refused(rig: &Rig, gateway: &Gateway, reason: &str) {
    assert_eq!(rig.send(gateway).await, Err(format!("egress.refused: {reason}")));
}

#[tokio::test]
async fn a_consent_withdrawn_between_permit_and_send_stops_the_letter() {
    let (rig, listener) = (Rig::new().await, listener().await);
    let letter = rig.notice().await;
    rig.consent(ConsentKind::Withdrawn).await;
    let error = rig.gateway(to(&listener)).send(letter).await.unwrap_err();
    assert_eq!(error.code(), "consent.needed");
    assert_refused(&rig, &listener, "consent.needed").await;
}

#[tokio::test]
async fn an_account_cancelled_between_permit_and_send_stops_the_letter() {
    let (rig, listener) = (Rig::new().await, listener().await);
    let letter = rig.required().await;
    rig.cancel().await;
    let error = rig.gateway(to(&listener)).send(letter).await.unwrap_err();
    assert_eq!(error.code(), "account.held");
    assert_refused(&rig, &listener, "account.held").await;
}

#[tokio::test]
async fn an_agreement_that_has_ended_stops_every_letter() {
    let _proof = evidence::proves("C-2.1.2", "egress.agreement");
    let (rig, listener) = (Rig::new().await, listener().await);
    let gateway = rig.gateway(to(&listener));
    rig.clock.step_to(Timestamp::parse("2028-01-01T00:00:00Z").unwrap());
    refused(&rig, &gateway, "egress.no_agreement").await;
    assert_refused(&rig, &listener, "egress.no_agreement").await;
    // On its last day it still binds.
    rig.clock.step_to(Timestamp::parse("2027-12-31T23:59:59Z").unwrap());
    assert_eq!(rig.send(&gateway).await, Ok(Delivery::Failed("mail.timeout")));
}

#[tokio::test]
async fn a_server_outside_the_region_sends_nothing() {
    let _proofs = [evidence::proves("C-3.a.2.1", "egress.region"), evidence::proves("C-3.a.2.2", "egress.region")];
    let (rig, listener) = (Rig::new().await, listener().await);
    refused(&rig, &rig.gateway_in("US", to(&listener)), "egress.region").await;
    assert_refused(&rig, &listener, "egress.region").await;
    assert_eq!(rig.rows().await[0].region, "US");
}

#[tokio::test]
async fn without_a_mail_server_nothing_is_sent_and_the_row_says_so() {
    let (rig, listener) = (Rig::new().await, listener().await);
    refused(&rig, &rig.gateway(None), "egress.not_configured").await;
    assert_refused(&rig, &listener, "egress.not_configured").await;
}

#[tokio::test]
async fn in_clear_is_for_this_machine_alone() {
    let _proof = evidence::proves("C-3.a.3.b", "transport.tls");
    let (rig, listener) = (Rig::new().await, listener().await);
    // An address of this machine that is not loopback by name: without the check it would reach the listener.
    let mail = MailServer { host: "0.0.0.0".into(), security: Security::Loopback, time_max: SHORT, ..at(listener.port()) };
    assert_eq!(mail.check().await, Err("mail.insecure"));
    assert_eq!(rig.send(&rig.gateway(Some(mail))).await, Ok(Delivery::Failed("mail.insecure")));
    assert_eq!(listener.seen().await.unwrap(), Seen::default());
    assert_eq!(rig.outcome(1).await, Some(Outcome::Failed("mail.insecure".into())));
}
