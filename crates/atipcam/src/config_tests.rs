use egress::Security;

use super::*;

fn matches(flags: &[&str]) -> ArgMatches {
    flags_command().try_get_matches_from([&["serve"], flags].concat()).unwrap()
}

fn flags_command() -> Command {
    flags(Command::new("serve"))
}

fn read(flags: &[&str], environment: &[(&str, &str)]) -> Result<Settings, String> {
    let environment = environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Settings::read(&matches(flags), environment).map_err(|wrong| wrong.to_string())
}

fn file(text: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.toml");
    std::fs::write(&path, text).unwrap();
    (dir, path.display().to_string())
}

#[test]
fn the_defaults_are_good() {
    let settings = read(&[], &[]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8480");
    assert_eq!((settings.quota_bytes, settings.keep_days, settings.tls), (None, None, None));
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let (_dir, path) =
        file("webrtc_port = 1\nkeep_days = 1\nquota = \"1GB\"\nadvertise = [\"10.0.0.1\", \"10.0.0.2\"]\nlog_json = true\n");
    let environment = [("ATIPCAM_WEBRTC_PORT", "2"), ("ATIPCAM_KEEP_DAYS", "2"), ("HOME", "/"), ("ATIPCAM_ROOT_KEY", "a secret")];
    let settings = read(&["--config", &path, "--webrtc-port", "3"], &environment).unwrap();
    assert_eq!((settings.webrtc_port, settings.keep_days, settings.quota_bytes), (3, Some(2), Some(1_000_000_000)));
    assert_eq!(settings.advertise.len(), 2);
    assert!(settings.log_json);
    let settings = read(&["--advertise", "10.0.0.1", "--advertise", "fd00::1"], &[]).unwrap();
    assert_eq!(settings.advertise, ["10.0.0.1".parse::<IpAddr>().unwrap(), "fd00::1".parse().unwrap()]);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let (_dir, path) = file("lisen = \"127.0.0.1:80\"\n");
    assert_eq!(
        read(&["--config", &path], &[]).unwrap_err(),
        format!("{path}: there is no setting `lisen`; `atipcam config --help` lists them all")
    );
    for (flags, environment, said) in [
        (&["--listen", "nas"][..], &[][..], "--listen: `listen` is \"nas\": invalid socket address syntax"),
        (&[], &[("ATIPCAM_PORT", "1")], "environment, ATIPCAM_PORT: there is no setting `port`"),
        (&["--quota", "lots"], &[], "--quota: `quota` is \"lots\": expected a whole number and a unit"),
        (&["--quota", "99999999TB"], &[], "expected a whole number and a unit"),
        (&["--keep-days", "0"], &[], "--keep-days: `keep_days` would keep nothing"),
        (&["--tls-cert", "x"], &[], "--tls-cert: `tls_cert` needs tls_key beside it"),
        (&["--metrics", "0.0.0.0:9"], &[], "--metrics: `metrics` is served on loopback only"),
        (&["--config", "/nonexistent/a.toml"], &[], "/nonexistent/a.toml: No such file"),
    ] {
        let error = read(flags, environment).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
    let (_dir, path) = file("listen = ");
    assert!(read(&["--config", &path], &[]).unwrap_err().starts_with(&format!("{path}: TOML parse error at line 1")));
    let (_dir, path) = file("[listen]\nport = 1\n");
    assert!(read(&["--config", &path], &[]).unwrap_err().contains("`listen` is neither a value"));
}

#[test]
fn further_folders_are_named_with_their_room() {
    let (_dir, path) = file("[[storage]]\npath = \"/mnt/big\"\nquota = \"2TB\"\n[[storage]]\npath = \"/mnt/old\"\n");
    let named = |path: &str, quota_bytes| StorageConfig { path: path.into(), quota_bytes };
    let expected = [named("/mnt/big", Some(2_000_000_000_000)), named("/mnt/old", None)];
    assert_eq!(read(&["--config", &path], &[]).unwrap().storages, expected);
    assert_eq!(read(&["--storage", "/mnt/big=2TB", "--storage", "/mnt/old"], &[]).unwrap().storages, expected);
    assert_eq!(read(&[], &[("ATIPCAM_STORAGE", "/mnt/big = 2TB, /mnt/old")]).unwrap().storages, expected);
    for (flags, said) in [
        (["--storage", "mnt"], "--storage: `storage` is \"mnt\": expected DIR or DIR=SIZE, from the root on"),
        (["--storage", "/mnt=lots"], "expected a whole number and a unit"),
        (["--storage", "/mnt=0GB"], "would keep nothing there"),
        (["--storage", "/mnt,/mnt"], "names /mnt twice"),
    ] {
        let error = read(&flags, &[]).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
    let (_dir, path) = file("[[storage]]\nfolder = \"/mnt\"\n");
    assert!(read(&["--config", &path], &[]).unwrap_err().contains("`storage` is neither a value"));
}

const MAIL: [&str; 4] = ["--smtp-host", "mail.example.com", "--smtp-from", "Camera <camera@example.com>"];

#[test]
fn a_mail_server_is_of_a_few_settings() {
    let mail = |more: &[&str]| read(&[&MAIL, more].concat(), &[]).map(|settings| settings.mail.unwrap());
    let server = mail(&[]).unwrap();
    assert_eq!((server.host.as_str(), server.port, server.security), ("mail.example.com", 465, Security::Tls));
    assert_eq!((server.login, server.ca), (None, None));
    assert_eq!(mail(&["--smtp-security", "starttls"]).unwrap().port, 587);
    assert_eq!(mail(&["--smtp-security", "starttls", "--smtp-port", "2525"]).unwrap().port, 2525);
    assert_eq!(read(&[], &[]).unwrap().mail, None);
    for (flags, environment, said) in [
        (&["--smtp-host", "mail.example.com"][..], &[][..], "--smtp-host: `smtp_host` needs smtp_from beside it"),
        (&["--smtp-user", "camera"], &[], "--smtp-user: `smtp_user` needs smtp_host beside it"),
        (&[&MAIL[..], &["--smtp-user", "camera"]].concat(), &[], "`smtp_user` needs smtp_password_file beside it"),
        (&MAIL, &[("ATIPCAM_SMTP_PASSWORD", "canary")], "`smtp_password` needs smtp_user beside it"),
        (&[&MAIL[..], &["--smtp-security", "loopback"]].concat(), &[], "`smtp_security` sends in clear"),
        (&[&MAIL[..], &["--smtp-security", "none"]].concat(), &[], "expected tls, starttls or loopback"),
        (&["--smtp-host", "localhost", "--smtp-from", "camera"], &[], "`smtp_from` is no address"),
        (&[&MAIL[..], &["--smtp-password-file", "/nonexistent"]].concat(), &[], "/nonexistent: No such file"),
    ] {
        let error = read(flags, environment).unwrap_err();
        assert!(error.contains(said) && !error.contains("canary"), "{error}");
    }
}

#[test]
fn a_password_comes_by_the_environment_or_a_file_of_its_own_and_is_never_printed() {
    let user = [&MAIL[..], &["--smtp-user", "camera"]].concat();
    let by_environment = [("ATIPCAM_SMTP_PASSWORD", "canary")];
    let (_dir, path) = file("canary\n");
    let by_file = [&user[..], &["--smtp-password-file", &path]].concat();
    for (flags, environment) in [(&user, &by_environment[..]), (&by_file, &[])] {
        let settings = read(flags, environment).unwrap();
        let (name, password) = settings.mail.clone().unwrap().login.unwrap();
        assert_eq!((name.as_str(), password.expose()), ("camera", "canary"));
        assert!(!format!("{settings:?}").contains("canary"));
        let environment = environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let shown = effective(&matches(flags), environment).unwrap();
        assert!(!shown.contains("canary") && shown.contains("smtp_password"), "{shown}");
    }
    assert!(read(&by_file, &by_environment).unwrap_err().contains("one of them is enough"));
    assert!(flags_command().try_get_matches_from(["serve", "--smtp-password", "canary"]).is_err());
    let (_dir, path) = file("smtp_password = \"canary\"\n");
    let error = read(&["--config", &path], &[]).unwrap_err();
    assert!(error.ends_with("`smtp_password` is a secret and not kept in this file; set `smtp_password_file`"), "{error}");
    let (_dir, path) = file("\n");
    assert!(read(&[&user[..], &["--smtp-password-file", &path]].concat(), &[]).unwrap_err().contains("it is empty"));
}

#[test]
fn whose_server_it_is_fills_the_policys_gaps() {
    let flags = ["--operator", "张家", "--contact", "zhang@home.example", "--quota", "500GB", "--keep-days", "30"];
    let told = read(&flags, &[]).unwrap().deployment;
    assert_eq!((told.operator.as_str(), told.contact.as_str(), told.region.as_str()), ("张家", "zhang@home.example", "CN"));
    assert_eq!((told.footage_room.as_str(), told.footage_days), ("500 GB", Some(30)));
    assert_eq!(told.off, ["mail"], "without a mail server the policy does not claim letters");
    assert_eq!(read(&MAIL, &[]).unwrap().deployment.off, [""; 0]);
    for (size, said) in [("2TB", "2 TB"), ("1500GB", "1500 GB"), ("1GiB", "1 GB"), ("5MB", "5 MB")] {
        assert_eq!(read(&["--quota", size], &[]).unwrap().deployment.footage_room, said);
    }
}

#[test]
fn variables_that_are_no_settings_are_left_alone() {
    let others = [("ATIPCAM_ROOT_KEY", "x"), ("ATIPCAM_CONFIG", "/nonexistent")];
    assert_eq!(read(&[], &others), read(&[], &[]));
}

#[test]
fn sizes_as_people_write_them() {
    for (text, bytes) in [("1", 1), ("500GB", 500_000_000_000), ("2 TiB", 2 << 40), ("10mb", 10_000_000)] {
        assert_eq!(text.parse::<Size>().map(|Size(bytes)| bytes), Ok(bytes), "{text}");
    }
    for text in ["", "GB", "-1GB", "1.5TB", "1XB"] {
        assert!(text.parse::<Size>().is_err(), "{text}");
    }
}

#[test]
fn what_is_printed_can_be_read_back() {
    let flags = ["--quota", "5GB", "--advertise", "10.0.0.1,10.0.0.2", "--metrics", "off", "--data", "a \"b\""];
    let text = effective(&matches(&flags), std::iter::empty()).unwrap();
    let (_dir, path) = file(&text);
    assert_eq!(read(&["--config", &path], &[]), read(&flags, &[]), "{text}");
    assert!(text.contains("quota = \"5GB\"  # --quota"), "{text}");
}

#[test]
fn the_manual_in_the_documents_is_this_one() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let document = std::fs::read_to_string(document).unwrap();
    assert!(document.contains(manual().trim_end()), "docs/configuration.md must hold what `atipcam config --help` prints");
}
