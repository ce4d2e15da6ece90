//! Small filesystems on devices of their own that can be made to fail, as root.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use testkit::{Result, command, output};

/// Size of a filesystem: minutes of the camera that is recorded there.
const SIZE: u64 = 64 * 1024 * 1024;

/// What fills one.
const FILLER: &str = "somebody-elses";

/// How often an unmount that finds the disk busy is tried again.
const TRIES: u32 = 40;

/// A mounted ext4 filesystem.
#[derive(Debug)]
pub(crate) struct Volume {
    device: Device,
    dir: TempDir,
    mounted: bool,
}

/// What it lies on.
#[derive(Debug)]
enum Device {
    /// A file.
    Loop(PathBuf),
    /// Compressed memory, which can be told to take no more: the kernel then answers with EIO.
    Memory(String),
}

impl Device {
    fn path(&self) -> PathBuf {
        match self {
            Self::Loop(path) => path.clone(),
            Self::Memory(number) => format!("/dev/zram{number}").into(),
        }
    }
}

impl Volume {
    /// On a file of its own.
    pub(crate) fn on_file() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let image = dir.path().join("image");
        fs::File::create(&image)?.set_len(SIZE)?;
        let device =
            run("losetup", &["-f", "--show", text(&image)?]).map_err(|e| format!("loop devices are needed, as root: {e}"))?;
        Self { device: Device::Loop(device.trim().into()), dir, mounted: false }.made(&[])
    }

    /// On memory.
    pub(crate) fn on_memory() -> Result<Self> {
        let number =
            fs::read_to_string("/sys/class/zram-control/hot_add").map_err(|e| format!("zram is needed, as root: {e}"))?;
        let number = number.trim().to_owned();
        fs::write(format!("/sys/block/zram{number}/disksize"), SIZE.to_string())?;
        // Without a journal a failed write is the file's own failure, and not the end of the filesystem.
        Self { device: Device::Memory(number), dir: tempfile::tempdir()?, mounted: false }.made(&["-O", "^has_journal"])
    }

    fn made(mut self, options: &[&str]) -> Result<Self> {
        fs::create_dir(self.at())?;
        // Rigs beside this one make namespaces, which copy every mount. Of one in a shared folder they hear when it goes;
        // else it would be busy in them.
        let dir = text(self.dir.path())?;
        run("mount", &["--bind", dir, dir])?;
        run("mount", &["--make-shared", dir])?;
        let device = self.device.path();
        run("mkfs.ext4", &[&["-q", "-F"][..], options, &[text(&device)?]].concat())?;
        self.mount()?;
        Ok(self)
    }

    /// Where it is mounted.
    pub(crate) fn at(&self) -> PathBuf {
        self.dir.path().join("mount")
    }

    pub(crate) fn mount(&mut self) -> Result<()> {
        let device = self.device.path();
        // Memory that refuses is to go on failing, and not to become read-only.
        let errors = if matches!(self.device, Device::Memory(_)) { "errors=continue" } else { "errors=remount-ro" };
        run("mount", &["-o", errors, text(&device)?, text(&self.at())?])?;
        self.mounted = true;
        Ok(())
    }

    /// As when somebody pulls the plug of a disk that is in use.
    pub(crate) fn unmount(&mut self) -> Result<()> {
        run("umount", &["-l", text(&self.at())?])?;
        self.mounted = false;
        Ok(())
    }

    /// Somebody else takes all the room that is left.
    pub(crate) fn fill(&self) -> Result<()> {
        let mut file = fs::File::create(self.at().join(FILLER))?;
        let block = vec![0; 256 * 1024];
        while file.write_all(&block).is_ok() {}
        // What did not fit in whole blocks.
        while file.write_all(&[0; 512]).is_ok() {}
        Ok(())
    }

    pub(crate) fn unfill(&self) -> Result<()> {
        Ok(fs::remove_file(self.at().join(FILLER))?)
    }

    /// From now on writes fail with EIO; or no longer.
    pub(crate) fn refuse(&self, refuse: bool) -> Result<()> {
        let Device::Memory(number) = &self.device else { return Err("only memory can be told to refuse".into()) };
        Ok(fs::write(format!("/sys/block/zram{number}/mem_limit"), if refuse { "4K" } else { "0" })?)
    }

    /// The filesystem finds itself damaged, and protects itself.
    pub(crate) fn protect(&self) -> Result<()> {
        let device = self.device.path();
        let name = device.file_name().and_then(|name| name.to_str()).ok_or("a device without a name")?;
        Ok(fs::write(format!("/sys/fs/ext4/{name}/trigger_fs_error"), "on purpose")?)
    }

    /// Somebody checks it and mounts it again.
    pub(crate) fn repair(&mut self) -> Result<()> {
        for left in (0..TRIES).rev() {
            match run("umount", &[text(&self.at())?]) {
                Ok(_) => break,
                Err(error) if left == 0 => return Err(error),
                Err(_) => a_moment(),
            }
        }
        self.mounted = false;
        let mut check = command("e2fsck");
        check.args(["-f", "-y"]).arg(self.device.path());
        // 1 says that something was corrected, which is what it is for.
        if check.output()?.status.code().is_none_or(|code| code > 1) {
            return Err("the filesystem could not be repaired".into());
        }
        self.mount()
    }

    /// Every write waits; or goes on.
    pub(crate) fn freeze(&self, freeze: bool) -> Result<()> {
        run("fsfreeze", &[if freeze { "-f" } else { "-u" }, text(&self.at())?]).map(|_| ())
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        if self.mounted {
            let _ = self.freeze(false);
            let _ = self.unmount();
        }
        let _ = run("umount", &["-l", &self.dir.path().to_string_lossy()]);
        let _ = match &self.device {
            Device::Loop(device) => run("losetup", &["-d", &device.to_string_lossy()]).map(|_| ()),
            Device::Memory(number) => release(number),
        };
    }
}

fn release(number: &str) -> Result<()> {
    // A filesystem that was unmounted lazily lets go of its device when the last file in it is closed.
    for _ in 0..TRIES {
        if fs::write(format!("/sys/block/zram{number}/reset"), "1").is_ok() {
            break;
        }
        a_moment();
    }
    Ok(fs::write("/sys/class/zram-control/hot_remove", number)?)
}

/// Waits a tenth of a second, in a thread that has nothing else to do.
fn a_moment() {
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let _ = never.recv_timeout(Duration::from_millis(100));
}

fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let mut command = command(program);
    command.args(arguments);
    output(command)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| "a path that is no text".into())
}
