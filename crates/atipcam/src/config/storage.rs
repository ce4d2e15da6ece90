//! Further folders for footage.

use std::path::PathBuf;

use relay::StorageConfig;
use toml::Value;

use super::{Size, Texts, Wrong, plain};

impl Texts {
    /// The folders, in the order in which they fill.
    pub(super) fn storages(&self) -> Result<Vec<StorageConfig>, Wrong> {
        let mut storages: Vec<StorageConfig> = Vec::new();
        for text in self.many::<String>("storage")? {
            let (path, quota) = text.split_once('=').map_or((text.as_str(), None), |(path, quota)| (path, Some(quota)));
            let path = PathBuf::from(path.trim());
            if !path.is_absolute() {
                return Err(self.wrong("storage", format_args!("is {text:?}: expected DIR or DIR=SIZE, from the root on")));
            }
            if storages.iter().any(|storage| storage.path == path) {
                return Err(self.wrong("storage", format_args!("names {} twice", path.display())));
            }
            let quota_bytes =
                quota.map(|quota| self.parse::<Size>("storage", quota.trim())).transpose()?.map(|Size(bytes)| bytes);
            if quota_bytes == Some(0) {
                return Err(self.wrong("storage", "would keep nothing there; leave it out instead"));
            }
            storages.push(StorageConfig { path, quota_bytes });
        }
        Ok(storages)
    }

    /// All the room that footage may take, where every folder has a limit; otherwise nothing.
    pub(super) fn footage_room(&self) -> Result<String, Wrong> {
        let own = self.option::<Size>("quota")?.map(|Size(bytes)| bytes);
        let sum = self.storages()?.iter().fold(own, |sum, storage| sum?.checked_add(storage.quota_bytes?));
        Ok(sum.map_or_else(String::new, |bytes| Size(bytes).to_string()))
    }
}

/// `[[storage]]` as the flag would say it; `None` for what is no list of folders.
pub(super) fn tables(value: &Value) -> Option<String> {
    let Some(tables) = value.as_array().filter(|all| all.iter().any(Value::is_table)) else { return plain(value) };
    let one = |table: &Value| {
        let table = table.as_table().filter(|table| table.keys().all(|key| key == "path" || key == "quota"))?;
        let path = table.get("path")?.as_str()?;
        let quota = table.get("quota").map(plain);
        match quota {
            None => Some(path.to_owned()),
            Some(quota) => Some(format!("{path}={}", quota?)),
        }
    };
    tables.iter().map(one).collect::<Option<Vec<_>>>().map(|texts| texts.join(","))
}
