//! What a person reads first who unpacks a case.

use std::fmt::Write as _;

use domain::Timestamp;
use store::case::{CameraPart, FilePart};
use store::ledger::VerifierKey;

pub(super) fn text(account: &str, at: Timestamp, cameras: &[CameraPart], files: &[FilePart], key: &str) -> String {
    let fingerprint = VerifierKey::parse(key).map_or_else(|_| key.to_owned(), |key| key.fingerprint());
    let mut list = String::new();
    for camera in cameras {
        // Writing to a string cannot fail.
        let _ = writeln!(list, "\n  {}", camera.name);
        for file in files.iter().filter(|file| file.camera == Some(camera.id)) {
            let (from, to) = (file.from.unwrap_or(at), file.to.unwrap_or(at));
            let _ = writeln!(list, "    {}\n      {from} - {to}\n      SHA-256 {}", file.name, file.sha256);
        }
    }
    format!(
        "FOOTAGE WITH PROOF / 带证明的录像\n\
         \n\
         English\n\
         -------\n\
         Made by {account} at {at}. Times are UTC.\n\
         \n\
         To check that nothing was changed: open verify.html in a browser (no network is used) and give it the zip, not the\n\
         unpacked files. Better than this copy is one from somewhere else: your atipcam server has it at /verify.html, and\n\
         `atipcam recordings verify-case FILE` does the same. Then compare the fingerprint of the home's key with the one that\n\
         the app shows under \"Locks and cases\":\n\
         \n\
             {fingerprint}\n\
         \n\
         What that proves: these files are what that home's server signed at the time above. It does not prove that the camera\n\
         showed what was really there, nor that its clock was right.\n\
         \n\
         中文\n\
         ----\n\
         由 {account} 于 {at} 导出。时间均为 UTC。\n\
         \n\
         要检查内容是否被改动：用浏览器打开 verify.html（不需要网络），选择整个 zip，不要选解压后的文件。更稳妥的做法是使用\n\
         别处的校验页：您的 atipcam 服务器上的 /verify.html，或者命令 `atipcam recordings verify-case 文件`。然后把家庭密钥的指纹\n\
         与应用里“锁定与证据包”页面显示的对比：\n\
         \n\
             {fingerprint}\n\
         \n\
         这能证明：这些文件就是该家庭的服务器在上述时间签名的内容。它不能证明摄像机拍到的就是事实，也不能证明摄像机的时钟准确。\n\
         \n\
         Files / 文件\n\
         ------------\n\
         {list}"
    )
}
