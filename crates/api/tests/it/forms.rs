//! Forms take the fields that are declared, and refuse any other.

use axum::http::Method;
use serde_json::{Value, json};

use crate::house::{House, PASSWORD};

#[tokio::test]
async fn a_form_refuses_a_field_that_it_does_not_declare() {
    let _proof = evidence::proves("C-1.1.5", "form.fields");
    let _second = evidence::proves("C-3.b.1", "form.fields");
    let house = House::new().await;
    let with_phone = |mut form: Value| {
        form["phone"] = "13800000000".into();
        form
    };
    let account =
        json!({"email": "a@b.example", "password": PASSWORD, "adult": true, "policy_version": policy::compiled::VERSION});
    let camera = json!({"name": "Yard", "main_url": "rtsp://127.0.0.1:9/main"});
    let agreement = json!({"policy_version": policy::compiled::VERSION, "adult": true});
    for (method, path, form) in [
        (Method::POST, "/setup", account),
        (Method::POST, "/session", json!({"email": "owner@one.example", "password": PASSWORD})),
        (Method::POST, "/cameras", camera),
        (Method::PUT, "/agreement", agreement),
    ] {
        let answer = house.json(Some(&house.owner), method, path, &with_phone(form)).await.json();
        assert_eq!((&answer["code"], &answer["field"]), (&json!("request.invalid"), &json!("phone")), "{path}: {answer}");
    }
    house.close().await;
}
