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
