//! `atipcam recordings verify-case`: a case held against what was signed.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, IsTerminal as _};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use store::case::{Fault, FaultKind, Report, verify};

use crate::Failure;
use crate::console::{complain, say};

/// Its part of the command line.
pub(super) fn command() -> Command {
    Command::new("verify-case")
        .about("Checks a case: footage that was exported with its proof")
        .long_about(
            "Checks a case, the zip that the app exports: that each of its bytes is what the home's server signed, and what its log\n\
             proves. It asks no server and needs no network; verify.html in the case does the same in a browser.\n\n\
             A signature says which key signed, not whose key that is: compare the fingerprint with the one that the app shows\n\
             under \"Locks and cases\", or give it with --fingerprint.\n\
             Exit status 0: nothing was changed; 1: something was, with what and where.",
        )
        .after_help("Example:\n  atipcam recordings verify-case case_2026-11-30_08-00.zip")
        .arg(Arg::new("file").value_name("FILE").required(true).help("The zip"))
        .arg(Arg::new("fingerprint").long("fingerprint").value_name("DIGITS").help("The key's, as the app shows it"))
}

pub(super) fn run(flags: &ArgMatches) -> Result<ExitCode, Failure> {
    let name = flags.get_one::<String>("file").ok_or("which file?")?;
    let file = File::open(name).map_err(|error| format!("{name}: {error}"))?;
    let (shown, mut last) = (std::io::stderr().is_terminal(), u64::MAX);
    let progress = |done: u64, all: u64| {
        // Who redirects it wants what was found, and not how it went.
        let tenth = done.saturating_mul(10) / all.max(1);
        if shown && tenth != last {
            complain(format!("{name}: {} % read", tenth * 10));
            last = tenth;
        }
    };
    let report = verify(&mut BufReader::new(file), progress).map_err(|error| format!("{name}: {error}"))?;
    if !report.faults.is_empty() {
        return Err(format!("{name}: NOT what was signed:{}", faults_text(&report.faults)).into());
    }
    let expected = flags.get_one::<String>("fingerprint").map(|text| digits(text));
    let found = report.fingerprint.as_deref().unwrap_or_default();
    if expected.as_ref().is_some_and(|expected| *expected != digits(found)) {
        return Err(format!("{name}: signed by another key, with the fingerprint {found}").into());
    }
    say(report_text(&report, expected.is_some()).trim_end());
    Ok(ExitCode::SUCCESS)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase()
}

/// A line each.
fn faults_text(faults: &[Fault]) -> String {
    let mut out = String::new();
    for Fault { kind, file, at, camera, time } in faults {
        let what = match kind {
            FaultKind::Unreadable => "no case, or its manifest was damaged",
            FaultKind::Format => "a case of a form that this version does not know",
            FaultKind::Manifest => "the manifest was changed; nothing else can be checked without it",
            FaultKind::Signature => "the signature was changed, or was made by another key",
            FaultKind::File => "this file was changed",
            FaultKind::Header => "the zip's own header of this file was changed",
            FaultKind::Directory => "the zip's directory was changed",
            FaultKind::Short => "the zip ends too early",
            FaultKind::Long => "something was added behind the zip's end",
            FaultKind::Head => "the log's entry about this camera does not prove its footage",
        };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\n  {}: {what} (bytes {} to {}",
            file.as_deref().unwrap_or("the zip"),
            at.start,
            at.end.saturating_sub(1)
        );
        if let Some(camera) = camera {
            let _ = write!(out, "; camera {camera}");
        }
        if let Some(time) = time {
            let _ = write!(out, ", footage from {time}");
        }
        out.push(')');
    }
    out
}

fn report_text(report: &Report, key_is_given: bool) -> String {
    let Some(manifest) = &report.manifest else { return String::new() };
    let mut out = format!("Nothing was changed: all {} files are what was signed.\n\n", manifest.files.len() + 2);
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("Made      {} by {}", manifest.made_at, manifest.by.account));
    line(format!("Time      {} - {}", manifest.from, manifest.to));
    if let Some(reason) = &manifest.reason {
        line(format!("Reason    {reason}"));
    }
    for camera in &manifest.cameras {
        let files = manifest.files.iter().filter(|file| file.camera == Some(camera.id)).count();
        let heads = camera.heads.len() + usize::from(camera.head.is_some());
        line(format!(
            "Camera    {}: {files} files, {} gaps, {} sealed recordings, {heads} entries of the log",
            camera.name,
            camera.gaps.len(),
            camera.segments.len()
        ));
        for (_, at) in report.breaks.iter().filter(|(id, _)| *id == camera.id) {
            line(format!("          the chain is interrupted at {at}: footage before it had left, or came later"));
        }
    }
    if report.unchained > 0 {
        line(format!("          {} recordings are of a format without a chain", report.unchained));
    }
    line(format!("Key       {}\nPrint     {}\n", manifest.key, report.fingerprint.as_deref().unwrap_or_default()));
    line(if key_is_given {
        "The key is the one that you gave.".to_owned()
    } else {
        "Not verified: whose key that is. Compare the print with the one that the app shows.".to_owned()
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/verify/vector.zip");

    fn run_on(arguments: &[&str]) -> Result<ExitCode, Failure> {
        run(&command().get_matches_from([&["verify-case"][..], arguments].concat()))
    }

    #[test]
    fn a_case_is_believed_until_a_byte_of_it_changes() {
        run_on(&[VECTOR]).unwrap();
        let (report, dir) = (verify(&mut File::open(VECTOR).unwrap(), |_, _| {}).unwrap(), tempfile::tempdir().unwrap());
        let print = report.fingerprint.clone().unwrap();
        run_on(&[VECTOR, "--fingerprint", &print.to_uppercase()]).unwrap();
        let wrong = run_on(&[VECTOR, "--fingerprint", "0000"]).unwrap_err().to_string();
        assert!(wrong.contains("another key"), "{wrong}");
        assert!(report_text(&report, false).contains("门口 Door: 2 files, 1 gaps, 3 sealed recordings"));

        let mut bytes = std::fs::read(VECTOR).unwrap();
        let last = report.manifest.unwrap().files.len() as u64;
        let at = bytes.len() - usize::try_from(last * 80 + 200).unwrap() - 300;
        bytes[at] ^= 1;
        let changed = dir.path().join("changed.zip");
        std::fs::write(&changed, bytes).unwrap();
        let said = run_on(&[changed.to_str().unwrap()]).unwrap_err().to_string();
        assert!(
            said.contains("08-03-00.mp4: this file was changed") && said.contains("camera 门口 Door, footage from"),
            "{said}"
        );
    }
}
