use std::fs;

use policy::act::RecordCamera;
use policy::{Ask, Principal, decide};
use testkit::{Filed, Shape, Town};

use super::*;

/// A town with a camera and footage of it.
async fn town() -> (Town, Vec<store::SegmentRow>) {
    let town = Town::build().await.unwrap();
    let camera = town.add_camera().await.unwrap();
    let ask = Ask::<RecordCamera> { principal: Principal::System, object: camera, at: domain::Clock::now(&town.clock) };
    let permit = decide(&ask, &town.control.facts().facts(ask.principal, camera.into()).await.unwrap()).unwrap();
    let rows = Filed::new(&town.store, &permit, ask.at, Shape::TINY).unwrap().add(5).await.unwrap();
    (town, rows)
}

/// The command as it is typed.
async fn ran(arguments: &[&str], dir: &std::path::Path) -> Result<ExitCode, String> {
    let all = [&["atipcam", "recordings"], arguments, &["--data", dir.to_str().unwrap()]].concat();
    let matches = crate::command().try_get_matches_from(all).unwrap();
    tokio::task::spawn_blocking(move || crate::run(&matches).map_err(|error| error.to_string())).await.unwrap()
}

#[tokio::test]
async fn footage_is_verified_beside_a_running_server_and_its_harm_is_an_exit_status() {
    let (town, rows) = town().await;
    let dir = town.dir.path();
    for flags in [&["verify"][..], &["verify", "--quick"], &["verify", "--json"]] {
        assert_eq!(ran(flags, dir).await, Ok(ExitCode::SUCCESS), "{flags:?}");
    }
    let path = town.store.segment_path(rows[2].camera, rows[2].id);
    let mut bytes = fs::read(&path).unwrap();
    let samples = bytes.len() / 2;
    bytes[samples] ^= 1;
    fs::write(path, bytes).unwrap();
    for flags in [&["verify"][..], &["verify", "--json"]] {
        assert_eq!(ran(flags, dir).await, Ok(ExitCode::FAILURE), "{flags:?}");
    }
}

#[tokio::test]
async fn a_look_writes_nothing() {
    let (town, rows) = town().await;
    let store = Store::look(town.dir.path(), Arc::new(SystemClock)).await.unwrap();
    assert!(store.remove_segment(rows[0].id).await.is_err());
    assert!(store.mark_index(true).await.is_err());
    assert_eq!(store.segment(rows[0].id).await.unwrap().as_ref(), Some(&rows[0]));
    store.close().await.unwrap();
}

#[tokio::test]
async fn the_index_is_made_again_with_the_server_stopped_and_not_beside_it() {
    let (town, rows) = town().await;
    let dir = town.dir.path().to_owned();
    let error = ran(&["rebuild"], &dir).await.unwrap_err();
    assert!(error.starts_with("store.in_use: ") && error.contains("Stop the server first"), "{error}");
    town.control.close().await;
    town.store.close().await.unwrap();
    for name in ["index.db", "index.db-wal", "index.db-shm"] {
        let _ = fs::remove_file(dir.join(name));
    }
    let error = ran(&["verify"], &dir).await.unwrap_err();
    assert!(error.starts_with("storage.missing: ") && error.contains("recordings rebuild"), "{error}");
    assert_eq!(ran(&["rebuild"], &dir).await, Ok(ExitCode::SUCCESS));
    assert_eq!(ran(&["verify"], &dir).await, Ok(ExitCode::SUCCESS));
    let store = Store::look(&dir, Arc::new(SystemClock)).await.unwrap();
    assert_eq!(store.segments_behind(None, 10).await.unwrap().len(), rows.len());
}

#[test]
fn what_was_found_and_done_is_said_in_sentences() {
    let verified =
        Verified { files: 3, bytes: 1_500_000_000, records: 360, links: 2, rows: 3, faults: 0, notes: 1, ..Verified::default() };
    let said = verified_text(&verified, false);
    assert_eq!(said, "All is well: 3 files of 1.5 GB, 360 records, 2 links, 3 rows, in 0.0 s. Notes, which are no faults: 1.");
    assert!(verified_text(&verified, true).contains("Without --quick the pictures are opened as well"));
    assert!(verified_text(&Verified { faults: 2, ..verified }, false).starts_with("NOT all is well; 2 found"));
    let rebuilt = Rebuilt {
        segments: 1000,
        bytes: 15_000_000_000,
        took: std::time::Duration::from_secs(3),
        rows_removed: 1,
        left_out: vec![("a/b.seg".into(), "no whole record in the file".to_owned())],
        ..Rebuilt::default()
    };
    let said = rebuilt_text(&rebuilt);
    assert!(said.starts_with("The index has 1000 segments of 15.0 GB from their files, in 3.00 s: 20.0 s for 100 GB."), "{said}");
    assert!(said.contains("1 rows were taken out") && said.ends_with("Left out: a/b.seg: no whole record in the file"), "{said}");
    let progress = Progress { files: 5, of_files: 10, bytes: 500, of_bytes: 2000 };
    assert_eq!(progress_text("read", &progress), "read 5 of 10 files, 500 B of 2.0 KB, 25 %");
}
