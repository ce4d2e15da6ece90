use std::time::Duration;

use serde_json::json;
use testkit::{Client, Process, Smtp, SmtpSecurity, SmtpServer};

use crate::binary;

const SMTP_PASSWORD: &str = "smtp-password-canary";

#[tokio::test]
async fn whoever_agrees_to_letters_gets_one_and_whoever_takes_that_back_gets_none() {
    let login = Some(("camera", SMTP_PASSWORD));
    let mail = SmtpServer::start(Smtp { security: SmtpSecurity::StartTls, login, refuse: None }).unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut serve = testkit::command(binary());
    serve.arg("serve").arg("--data").arg(data.path()).args(["--listen", "127.0.0.1:0"]);
    serve.args(["--operator", "The Zhang family", "--smtp-host", "localhost", "--smtp-port", &mail.port().to_string()]);
    serve.args(["--smtp-security", "starttls", "--smtp-from", "camera@operator.example", "--smtp-user", "camera"]);
    serve.arg("--smtp-ca").arg(mail.authority()).env("ATIPCAM_SMTP_PASSWORD", SMTP_PASSWORD);
    let process = Process::start(serve).unwrap();
    let base = process.line(Duration::from_secs(60), |line| line.strip_prefix("Open ").map(str::to_owned)).unwrap();
    let owner = Client::set_up(&base).await.unwrap();

    owner.decide("notice.mail", true).await.unwrap();
    owner.another_session().await.unwrap();
    let letter = mail.letter().await.unwrap();
    assert_eq!((&letter.to, letter.tls, letter.user.as_deref()), (&vec![Client::EMAIL.to_owned()], true, Some("camera")));
    assert_eq!(letter.header("subject"), "新的登录 / New sign-in");
    assert!(letter.text.contains("The Zhang family"), "{}", letter.text);

    // The server of mail has it before the gateway knows that it has.
    let sent = async {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        while owner.get("/privacy/disclosures").await.unwrap()["disclosures"][0]["outcome"] != "sent" {
            tick.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), sent).await.expect("no word of the letter");

    // The person takes it back, and is not.
    owner.decide("notice.mail", false).await.unwrap();
    owner.another_session().await.unwrap();
    assert_eq!(mail.letter_within(Duration::from_millis(500)).await.unwrap(), None);

    // What went is there to be seen, and only that.
    let told = owner.get("/privacy/disclosures").await.unwrap();
    let rows = told["disclosures"].as_array().unwrap();
    let fields = rows.iter().flat_map(|row| row["fields"].as_array().unwrap()).map(|field| field["category"].as_str().unwrap());
    assert_eq!(fields.collect::<Vec<_>>(), ["account.email"], "{told}");
    assert_eq!((&rows[0]["recipient"], &rows[0]["outcome"]), (&json!("mail.operator"), &json!("sent")));
    let log = process.failure("").to_string();
    assert!(!log.contains(Client::EMAIL) && !log.contains(SMTP_PASSWORD), "{log}");
}
