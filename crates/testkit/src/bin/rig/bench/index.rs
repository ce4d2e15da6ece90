//! The index of a camera-year: what it weighs, how long a page waits for it, and how long it takes to come back from the files.

use std::sync::Arc;
use std::time::Duration;

use domain::{CameraId, Clock as _, FootageClass, Origin, SegmentId, StreamName, SystemClock, TimeRange, Timestamp};
use media::record::MediaKeyId;
use policy::act::RecordCamera;
use policy::{Ask, Principal, decide};
use relay::{Archive, Depth};
use store::{SegmentRow, Store};
use testkit::machine::{Tree, Window};
use testkit::{Filed, Result, Shape, Town};
use tokio::time::Instant;

use super::table::{Figure, Peer, percentile};

/// A file a minute.
const SEGMENT: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Days that the first camera has; the others have the last month of them.
const YEAR: u32 = 365;
const MONTH: u32 = 30;
const CAMERAS: usize = 16;
/// Rows of one transaction.
const STEP: usize = 1440;

/// A minute of 2 Mbit/s: 24 pictures a second of 10.4 KB.
const MINUTE: Shape = Shape { records: 120, picture_bytes: 10_400 };
/// Files that the index is made from again.
const FILES: usize = 40;

pub(crate) async fn figures() -> Result<Vec<Figure>> {
    let window = Window::open(Tree(std::process::id()))?;
    let mut figures = queries().await?;
    figures.extend(rebuild().await?);
    let load = window.close()?.load;
    Ok(figures.into_iter().map(|(name, unit, ours)| Figure { name, unit, ours, peer: Peer::Nobody, load }).collect())
}

type Row = (&'static str, &'static str, f64);

async fn queries() -> Result<Vec<Row>> {
    let dir = tempfile::tempdir()?;
    let store = Store::open(dir.path(), Arc::new(SystemClock)).await?;
    let begin = Timestamp::parse("2026-01-01T00:00:00Z").map_err(|_| "no such day")?;
    let cameras: Vec<CameraId> = (0..CAMERAS).map(|_| CameraId::random()).collect();
    let started = Instant::now();
    let mut rows = 0;
    for (n, &camera) in cameras.iter().enumerate() {
        for day in if n == 0 { 0 } else { YEAR - MONTH }..YEAR {
            let day: Vec<SegmentRow> = (0..STEP as u32).map(|minute| row(camera, begin + DAY * day + SEGMENT * minute)).collect();
            store.restore_segments(&day).await?;
            rows += day.len();
        }
    }
    println!("  {rows} rows written in {:.1} s", started.elapsed().as_secs_f64());
    // As a rebuild ends.
    let begun = Instant::now();
    store.sum_days(cameras[0]).await?;
    let summed = ms(begun) / 1000.0;
    for &camera in &cameras[1..] {
        store.sum_days(camera).await?;
    }
    store.close().await?;
    let bytes = std::fs::metadata(dir.path().join("index.db"))?.len();
    let store = Store::open(dir.path(), Arc::new(SystemClock)).await?;
    let range = |from: u32, days: u32| TimeRange::new(begin + DAY * from, begin + DAY * (from + days)).ok_or("no days");

    // As pages ask for them: any day, the first time and again.
    let (mut first, mut again, mut listed) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..YEAR {
        let day = range(n * 7 % YEAR, 1)?;
        for times in [&mut first, &mut again] {
            let begun = Instant::now();
            let spans = store.recorded(cameras[0], day).await?;
            times.push(ms(begun));
            if spans.len() != 1 {
                return Err(format!("a day without a break has {} spans", spans.len()).into());
            }
        }
        let begun = Instant::now();
        let rows = store.segments(cameras[0], day).await?;
        listed.push(ms(begun));
        if rows.len() < STEP {
            return Err(format!("{} rows in a day of {STEP}", rows.len()).into());
        }
    }
    let month = range(YEAR - MONTH, MONTH)?;
    let mut months = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        for &camera in &cameras {
            store.recorded(camera, month).await?;
        }
        months.push(ms(begun));
    }
    let cold = months.remove(0);
    store.close().await?;
    Ok(vec![
        ("the days' sums of a camera-year, made once", "s", summed),
        ("a day's timeline of a camera-year, first, p99", "ms", percentile(&first, 0.99)),
        ("the same again, p99", "ms", percentile(&again, 0.99)),
        ("a day's 1440 rows of a camera-year, p99", "ms", percentile(&listed, 0.99)),
        ("16 cameras for a month, first", "ms", cold),
        ("the same again, p99", "ms", percentile(&months, 0.99)),
        ("index, a camera and day", "KB", bytes as f64 / (rows as f64 / 1440.0) / 1000.0),
    ])
}

/// Files of a usual size, from the page cache: what the program takes, not the disk.
async fn rebuild() -> Result<Vec<Row>> {
    let town = Town::build().await?;
    let camera = town.add_camera().await?;
    let ask = Ask::<RecordCamera> { principal: Principal::System, object: camera, at: town.clock.now() };
    let facts = town.control.facts();
    let permit = decide(&ask, &facts.facts(ask.principal, camera.into()).await?).map_err(domain::Error::from)?;
    let rows = Filed::new(&town.store, &permit, ask.at, MINUTE)?.add(FILES).await?;
    let archive = Archive::new(town.store.clone(), facts, Arc::new(SystemClock), Vec::new());
    let rebuilt = archive.rebuild(|_| ()).await?;
    if rebuilt.segments != rows.len() as u64 {
        return Err(format!("{} of {} segments came back", rebuilt.segments, rows.len()).into());
    }
    let quick = archive.verify(Depth::Tables, |_| ()).await?;
    let whole = archive.verify(Depth::Samples, |_| ()).await?;
    if quick.faults + whole.faults != 0 {
        return Err("footage that nobody touched is said to be wrong".into());
    }
    Ok(vec![
        ("rebuild from 2 Mbit/s files, for 100 GB", "s", rebuilt.seconds_per_100_gb()),
        ("verify --quick, for 100 GB", "s", quick.took.as_secs_f64() * 100e9 / quick.bytes as f64),
        ("verify, for 100 GB", "s", whole.took.as_secs_f64() * 100e9 / whole.bytes as f64),
    ])
}

fn ms(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

/// A minute's row, as a recorder files it.
fn row(camera: CameraId, start: Timestamp) -> SegmentRow {
    SegmentRow {
        id: SegmentId::random(),
        camera,
        stream: StreamName::Main,
        key: MediaKeyId::from_bytes([3; 16]),
        start,
        end: start + SEGMENT,
        bytes: 15_000_000,
        has_audio: true,
        clean: true,
        storage: None,
        class: FootageClass::Continuous,
        origin: Origin::Live,
        previous: Some(SegmentId::random()),
        tail: Some([7; 16]),
    }
}
