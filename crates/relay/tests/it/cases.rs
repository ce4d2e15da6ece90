//! Cases: made from real footage, the same bytes each time, and gone with the right to them.

use std::io::Cursor;
use std::time::Duration;

use domain::{CaseId, Kind, Result, SubjectId, TimeRange};
use futures::StreamExt as _;
use policy::act::{Download, EditCamera, ExportCase};
use relay::{CaseFile, CaseOrder, CaseReport, CaseState};
use store::case::{By, FaultKind, verify};

use crate::rig::{Rig, until};

const SECOND: Duration = Duration::from_secs(1);

/// What every entry of our zips begins with.
const HEADER: &[u8] = b"PK\x03\x04\x14\0\0\x08\0\0";

async fn order(rig: &Rig, range: TimeRange) -> CaseOrder {
    let cameras = vec![(rig.permit::<Download>(rig.camera).await, "门口/Door".to_owned())];
    let by = By { account: "owner@example.org".into(), id: SubjectId::random() };
    CaseOrder { by, range, reason: Some("A test".into()), cameras, server: "0.0.0" }
}

async fn start(rig: &Rig, range: TimeRange) -> Result<CaseReport> {
    let order = order(rig, range).await;
    rig.relay.start_case(&rig.permit::<ExportCase>(rig.home()).await, order)
}

async fn ended(rig: &Rig, id: CaseId) -> CaseState {
    until("the case", async || {
        let permit = rig.permit::<ExportCase>(rig.home()).await;
        let state = rig.relay.case(&permit, id).unwrap().state;
        matches!(state, CaseState::Ready { .. } | CaseState::Failed { .. }).then_some(state)
    })
    .await
}

async fn file(rig: &Rig, id: CaseId) -> Result<CaseFile> {
    let cameras = vec![rig.permit::<Download>(rig.camera).await];
    rig.relay.case_file(rig.permit::<ExportCase>(rig.home()).await, id, cameras).await
}

async fn bytes(rig: &Rig, id: CaseId, from: u64, to: u64) -> Result<Vec<u8>> {
    let mut stream = Box::pin(file(rig, id).await?.read(from, to));
    let mut out = Vec::new();
    while let Some(piece) = stream.next().await {
        out.extend_from_slice(&piece?);
    }
    Ok(out)
}

/// Recording ends, so that its file is closed and has its row.
async fn close_segment(rig: &Rig) {
    let permit = rig.permit::<EditCamera>(rig.camera).await;
    let off = |draft: &mut store::CameraDraft| {
        draft.recording = false;
        Ok(())
    };
    rig.store.edit_camera(&permit, off).await.unwrap();
    until("the file's row", async || rig.store.newest_segment(rig.camera, domain::StreamName::Main).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_verifies_comes_again_byte_for_byte_and_leaves_nothing_on_the_disk() {
    let rig = Rig::start().await;
    let span = rig.recorded(2 * SECOND).await;
    close_segment(&rig).await;
    let range = TimeRange::new(span.from() - 10 * SECOND, span.to()).unwrap();
    let id = start(&rig, range).await.unwrap().id;
    let CaseState::Ready { bytes: length, .. } = ended(&rig, id).await else { panic!("it could not be made") };
    let zip = bytes(&rig, id, 0, length).await.unwrap();
    assert_eq!(zip.len() as u64, length);
    assert!(bytes(&rig, id, 0, length).await.unwrap() == zip, "the same bytes");
    let (from, to) = (length / 3, length / 2);
    assert!(bytes(&rig, id, from, to).await.unwrap() == zip[from as usize..to as usize], "a part of them");

    let report = verify(&mut Cursor::new(&zip), |_, _| {}).unwrap();
    assert_eq!(report.faults, []);
    assert_eq!(report.fingerprint.as_deref(), Some(rig.relay.case_fingerprint().as_str()));
    let manifest = report.manifest.unwrap();
    let [camera] = manifest.cameras.as_slice() else { panic!("one camera") };
    assert_eq!((camera.segments.len(), camera.head.is_some()), (1, true));
    assert_eq!(camera.gaps.first().map(|gap| gap.from), Some(range.from()));
    let footage = manifest.files.last().unwrap();
    assert!(footage.name.starts_with("1.1 门口 Door 20") && footage.name.ends_with(".mp4"), "{}", footage.name);
    assert!(zip.windows(8).any(|window| window == b"ftypisom" || &window[..4] == b"ftyp"));
    let mut changed = zip.clone();
    let at = zip.windows(4).rposition(|window| window == b"ftyp").unwrap() + 64;
    changed[at] ^= 1;
    let fault = verify(&mut Cursor::new(&changed), |_, _| {}).unwrap().faults.remove(0);
    assert_eq!((fault.kind, fault.camera.as_deref()), (FaultKind::File, Some("门口/Door")));
    assert!(fault.time.is_some());
    // Neither footage in clear nor the zip itself was ever written.
    assert_eq!(rig.files_with(HEADER), Vec::<String>::new());
    rig.leave(HEADER);
    assert_eq!(rig.files_with(HEADER), ["canary"]);

    // What a SHA-256 beside a download says is what is in the case.
    let whole = TimeRange::new(footage.from.unwrap(), footage.to.unwrap()).unwrap();
    let (sha256, _) = rig.relay.download_hash(rig.permit::<Download>(rig.camera).await, whole).await.unwrap();
    assert_eq!(sha256, footage.sha256);
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_ends_by_hand_with_its_footage_and_with_the_right_to_it() {
    let rig = Rig::start().await;
    let span = rig.recorded(2 * SECOND).await;
    close_segment(&rig).await;
    let permit = rig.permit::<ExportCase>(rig.home()).await;
    let nothing = TimeRange::new(span.from() - 7200 * SECOND, span.from() - 3600 * SECOND).unwrap();
    let failed = start(&rig, nothing).await.unwrap().id;
    assert_eq!(ended(&rig, failed).await, CaseState::Failed { code: "recording.none" });
    assert_eq!(file(&rig, failed).await.unwrap_err().code(), "case.not_ready");
    let id = start(&rig, span).await.unwrap().id;
    let CaseState::Ready { bytes: length, .. } = ended(&rig, id).await else { panic!("it could not be made") };
    assert_eq!(rig.relay.cases(&permit).iter().map(|case| case.id).collect::<Vec<_>>(), [id, failed]);
    rig.relay.end_case(&permit, failed).unwrap();
    assert_eq!(rig.relay.case(&permit, failed).unwrap_err().code(), "not_found");

    // What was allowed a moment ago is asked again before anything is read.
    let (asked, cameras) = (rig.permit::<ExportCase>(rig.home()).await, vec![rig.permit::<Download>(rig.camera).await]);
    rig.withdraw();
    let refused = rig.relay.case_file(asked, id, cameras).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::NotFound, "{refused}");

    // Footage that left: the head is there, the file is not what was signed, and nobody is sent anything else in its place.
    rig.restore();
    let segment = rig.store.newest_segment(rig.camera, domain::StreamName::Main).await.unwrap().unwrap();
    rig.store.remove_segment(segment.id).await.unwrap();
    let gone = bytes(&rig, id, 0, length).await.unwrap_err();
    assert!(["case.footage_gone", "recording.none"].contains(&gone.code()), "{gone}");
    rig.relay.shutdown().await;
}
