use std::fs;
use std::sync::Arc;

use policy::Principal;
use policy::act::CancelAccount;
use store::Store;
use tempfile::TempDir;
use testkit::Town;

use super::*;

/// A town, and a place for its copies.
struct Rig {
    town: Town,
    apart: TempDir,
}

impl Rig {
    async fn new() -> Self {
        Self { town: Town::build().await.unwrap(), apart: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.apart.path().join(name)
    }

    /// `atipcam backup`, and the root key where its keeper has it.
    async fn back_up(&self) -> String {
        let (dir, out) = (self.town.dir.path().to_owned(), self.path("rows"));
        let plan = Backup { dir, out, keyring_out: Some(self.path("keys")) };
        let said = make(&plan, self.town.clock.now()).await.unwrap();
        fs::copy(self.town.dir.path().join("keyring/root.key"), self.path("root.key")).unwrap();
        said
    }

    async fn erase_the_neighbour(&self) {
        let who = Principal::Session(self.town.neighbour.session);
        let permit = self.town.control.ask::<CancelAccount>(who, self.town.neighbour.subject).await.unwrap();
        self.town.store.cancel(permit).await.unwrap();
    }

    async fn tombstones(&self, name: &str) -> PathBuf {
        backup::write_tombstones(self.town.dir.path(), &self.path(name), self.town.clock.now()).await.unwrap();
        self.path(name)
    }

    async fn restore(&self, into: &str, tombstones: Option<PathBuf>) -> Result<String, String> {
        let keyring = Some(keyring_file(&self.path("keys")));
        let plan = Restore { backup: self.path("rows"), keyring, tombstones, into: self.path(into) };
        put_back(&plan, self.town.clock.now()).await.map_err(|error| error.to_string())
    }

    /// Who of the owner and the neighbour can sign in there.
    async fn lives(&self, into: &str) -> (bool, bool) {
        fs::copy(self.path("root.key"), self.path(into).join("keyring/root.key")).unwrap();
        let store = Store::open(&self.path(into), Arc::new(self.town.clock.clone())).await.unwrap();
        let has = async |email: &str| store.credential(store.email_index(email)).await.unwrap().is_some();
        let lives = (has(self.town.owner.email).await, has(self.town.neighbour.email).await);
        store.close().await.unwrap();
        lives
    }
}

#[tokio::test]
async fn an_erased_person_does_not_come_back_with_a_backup() {
    let rig = Rig::new().await;
    let said = rig.back_up().await;
    assert!(said.contains("accounts.db") && said.contains("opens nothing without the keyring"), "{said}");
    let before = rig.tombstones("before.txt").await;
    rig.erase_the_neighbour().await;
    let list = rig.tombstones("list.txt").await;

    let error = rig.restore("new", None).await.unwrap_err();
    assert!(error.starts_with("restore.tombstones_missing: ") && error.contains("--tombstones"), "{error}");
    assert!(!rig.path("new/accounts.db").exists());

    let said = rig.restore("new", Some(list)).await.unwrap();
    assert!(said.contains("Left out because it was erased since: 2 keys") || said.contains("erased since: 3 keys"), "{said}");
    assert!(said.contains("root.key") && said.contains("mode 600"), "{said}");
    assert_eq!(rig.lives("new").await, (true, false));

    // Only a list that ends before the erasure brings the person back, and that is said.
    let said = rig.restore("old", Some(before)).await.unwrap();
    assert!(said.contains("Erasures after that must be asked for again"), "{said}");
    assert_eq!(rig.lives("old").await, (true, true));
}

#[tokio::test]
async fn a_backup_opens_nothing_by_itself_and_restores_into_no_data() {
    let rig = Rig::new().await;
    rig.back_up().await;
    let list = rig.tombstones("list.txt").await;
    let opened = Store::open(&rig.path("rows"), Arc::new(rig.town.clock.clone())).await;
    assert_eq!(opened.unwrap_err().code(), "keyring.missing");
    let root = fs::read(rig.path("root.key")).unwrap();
    for folder in ["rows", "keys"] {
        for entry in fs::read_dir(rig.path(folder)).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            let bytes = fs::read(entry.path()).unwrap();
            assert!(!bytes.windows(root.len()).any(|window| window == root), "{:?}", entry.path());
        }
    }
    rig.town.store.close().await.unwrap();
    let keyring = Some(keyring_file(&rig.path("keys")));
    let into = rig.town.dir.path().to_owned();
    let plan = Restore { backup: rig.path("rows"), keyring, tombstones: Some(list), into };
    let error = put_back(&plan, rig.town.clock.now()).await.unwrap_err().to_string();
    assert!(error.starts_with("restore.not_empty: ") && error.contains("a folder of its own"), "{error}");
}

#[tokio::test]
async fn the_command_line_makes_a_copy_beside_a_running_server_and_refuses_a_folder_in_use() {
    let rig = Rig::new().await;
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let (data, to) = (text(rig.town.dir.path().to_owned()), text(rig.path("rows")));
    let ran = async |arguments: Vec<String>| {
        let matches = crate::command().try_get_matches_from(arguments).unwrap();
        let ran = move || crate::run(&matches).map_err(|error| error.to_string());
        tokio::task::spawn_blocking(ran).await.unwrap()
    };
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let backup = words(&["atipcam", "backup", "--data", &data, "--to", &to]);
    assert_eq!(ran(backup.clone()).await, Ok(ExitCode::SUCCESS));
    assert!(rig.path("rows/manifest.json").exists() && !rig.path("rows/keyring.db").exists());
    let error = ran(backup).await.unwrap_err();
    assert!(error.starts_with("backup.not_empty: ") && error.contains("empty or not there yet"), "{error}");
    let error = ran(words(&["atipcam", "restore", "--from", &to, "--data", &data])).await.unwrap_err();
    assert!(error.starts_with("store.in_use: "), "{error}");
    let error = ran(words(&["atipcam", "backup", "--data", &to, "--to", &text(rig.path("x"))])).await;
    assert_eq!(error, Ok(ExitCode::SUCCESS), "a backup is data as well");
    let nothing = text(rig.path("nothing"));
    let error = ran(words(&["atipcam", "backup", "--data", &nothing, "--to", &to])).await.unwrap_err();
    assert!(error.contains("holds no data of atipcam"), "{error}");
    assert!(!rig.path("nothing").exists());
}
