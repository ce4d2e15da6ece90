use domain::Clock as _;

use super::*;
use crate::record::recorder::tests::Rig;
use crate::record::storages::Health;

/// What was promised.
const TOLD_MAX: u32 = 30;

struct Watched {
    rig: Rig,
    dog: Watchdog,
}

impl Watched {
    /// A camera that is recorded.
    async fn start() -> Self {
        let mut rig = Rig::start(1).await;
        let dog = Watchdog::new(rig.shared());
        rig.shared().board.update(rig.id(), rig.camera.clock.now(), |state| state.status = Status::Online);
        rig.seconds(5, || {}).await;
        rig.settle().await;
        let mut watched = Self { rig, dog };
        watched.dog.look();
        assert_eq!(watched.told(), None, "all is well");
        watched
    }

    fn told(&self) -> Option<&'static str> {
        let state = self.rig.shared().board.get(self.rig.id(), self.rig.camera.clock.now());
        assert_eq!(state.recording == RecordingStatus::Failed, state.recording_problem.is_some());
        state.recording_problem.map(|problem| problem.code)
    }

    fn status(&self, status: Status, code: Option<&'static str>) {
        self.rig.shared().board.update(self.rig.id(), self.rig.camera.clock.now(), |state| {
            state.status = status;
            state.problem = code.map(|code| Problem { code, detail: String::new() });
        });
    }

    /// How many seconds later it was told, and what: a second at a time, with these pictures in each.
    async fn until_told(&mut self, pictures: usize) -> (u32, &'static str) {
        for second in 1..=2 * TOLD_MAX {
            (0..pictures).for_each(|_| self.rig.camera.picture(100));
            self.rig.camera.clock.advance(ROUND - Duration::from_millis(40) * u32::try_from(pictures).unwrap());
            self.rig.look().await;
            self.rig.settle().await;
            self.dog.look();
            if let Some(code) = self.told() {
                return (second, code);
            }
        }
        panic!("nobody was told");
    }

    /// The camera and the disk are well again: so is the state.
    async fn well_again(&mut self) {
        self.rig.stall(false);
        // As whoever looks after the storages finds it.
        self.rig.shared().storages.all()[0].found(Health::Ok, &self.rig.camera.clock.clone());
        self.rig.camera.headless = false;
        self.status(Status::Online, None);
        self.rig.seconds(3, || {}).await;
        self.rig.settle().await;
        self.dog.look();
        assert_eq!(self.told(), None);
        assert_eq!(self.dog.told.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_is_not_recorded_is_told_in_time_with_its_cause_and_taken_back() {
    let mut watched = Watched::start().await;
    for (what, status, code, expected) in [
        ("it went away", Status::Offline, Some("camera.unreachable"), "recording.offline"),
        ("its password was changed", Status::Offline, Some("camera.credentials_wrong"), "recording.sign_in"),
        ("it is connected and sends nothing", Status::Online, None, "recording.stalled"),
        ("it stopped sending and was given up", Status::Offline, Some("camera.stalled"), "recording.stalled"),
    ] {
        watched.status(status, code);
        let (seconds, told) = watched.until_told(0).await;
        assert_eq!(told, expected, "{what}");
        assert!(seconds <= TOLD_MAX, "{what}: {seconds} s");
        watched.well_again().await;
    }
    // A running file goes on without key pictures: only a new one waits for one, as after a silence.
    for _ in 0..12 {
        watched.rig.camera.clock.advance(ROUND);
        watched.rig.look().await;
        watched.rig.settle().await;
        watched.dog.look();
        assert_eq!(watched.told(), None, "too early to say");
    }
    watched.rig.camera.headless = true;
    let (seconds, told) = watched.until_told(10).await;
    assert_eq!(told, "recording.no_key");
    assert!(12 + seconds <= TOLD_MAX, "{seconds} s");
    watched.well_again().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_takes_nothing_is_told_in_time() {
    let mut watched = Watched::start().await;
    watched.rig.stall(true);
    let (seconds, told) = watched.until_told(10).await;
    assert_eq!(told, "storage.slow");
    assert!(seconds <= TOLD_MAX, "{seconds} s");
    watched.well_again().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_watchdog_nobody_would_know() {
    let mut watched = Watched::start().await;
    for _ in 0..TOLD_MAX {
        watched.rig.camera.clock.advance(ROUND);
        watched.rig.look().await;
        watched.rig.settle().await;
    }
    assert_eq!(watched.told(), None, "so what is told is told by it");
    watched.dog.look();
    assert_eq!(watched.told(), Some("recording.stalled"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_to_be_recorded_is_not_missed() {
    let mut watched = Watched::start().await;
    let week = "-".repeat(168).parse().unwrap();
    let plan = domain::plan::Plan { mode: domain::plan::PlanMode::Schedule, week, ..Default::default() };
    watched.rig.guide.send_modify(|guide| guide.plan = plan);
    for _ in 0..2 * TOLD_MAX {
        watched.rig.camera.clock.advance(ROUND);
        watched.rig.look().await;
        watched.rig.settle().await;
        watched.dog.look();
        assert_eq!(watched.told(), None);
    }
}

#[test]
fn pictures_of_another_year_are_a_matter_of_the_clock() {
    let (at, wall) = (|s: u64| Mono::from_micros(s * 1_000_000), Timestamp::default() + Duration::from_secs(1_000_000));
    let since = wall - Duration::from_secs(60);
    let state = CameraState { status: Status::Online, ..crate::state::Board::new().get(CameraId::random(), since) };
    let pulse = |taken| Pulse { wanted: Some(at(1)), arrived: Some(at(99)), key: Some((at(99), taken)), ..Pulse::default() };
    assert_eq!(verdict(&pulse(wall - Duration::from_secs(3600)), &state, None, (at(100), wall)), Some(Cause::Clock));
    assert_eq!(verdict(&pulse(wall), &state, None, (at(100), wall)), Some(Cause::Disk));
    assert_eq!(verdict(&pulse(wall), &state, None, (at(15), wall)), None, "too early to say");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_came_back_is_not_said_to_be_a_disk_that_fails() {
    let mut watched = Watched::start().await;
    watched.status(Status::Offline, Some("camera.unreachable"));
    assert_eq!(watched.until_told(0).await.1, "recording.offline");
    // Its pictures come, and the first of them is not durable yet.
    watched.rig.stall(true);
    watched.status(Status::Online, None);
    for _ in 0..4 {
        (0..10).for_each(|_| watched.rig.camera.picture(100));
        watched.rig.camera.clock.advance(ROUND - Duration::from_millis(400));
        watched.rig.look().await;
        watched.dog.look();
        assert_eq!(watched.told(), Some("recording.offline"));
    }
    watched.well_again().await;
}
