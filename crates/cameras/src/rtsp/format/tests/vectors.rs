//! What cameras, servers and encoders say of what they send: a name, and the `fmtp` of their session description.

/// H.264. Those of cameras are as their owners published them; x264's and x265's were written for what no camera showed.
pub(super) const H264: &[(&str, &str)] = &[
    (
        "Dahua, sub stream",
        "packetization-mode=1;profile-level-id=64001E;sprop-parameter-sets=Z2QAHqwsaoLA9puCgIKgAAADACAAAAMD0IAA,aO4xshsA",
    ),
    ("Dahua, anamorphic", "sprop-parameter-sets=Z2QAFqwbGoCwPf//ACgAIW4MDAyAAAH0AAAnEHQwB9AAB6El3lxoYA+gAA9CS7y4UA==,aO48sA=="),
    (
        "Hikvision",
        "profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z00AKZpkA8ARPyzUBAQFAAADA+gAAOpgBA==,aO48gA==",
    ),
    (
        "H264DVR",
        "profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z0IAKZY1QPAET8s3AQEBQAAAAwBAAAAHoQ==,aM4xsg==",
    ),
    ("Hikvision, in band", "sprop-parameter-sets=Z00AKpY1QPAET8s3AQEBQAABwgAAV+QB,aO48gA=="),
    ("Reolink", "packetization-mode=1;profile-level-id=640033;sprop-parameter-sets=Z2QAM6zoAoALWQ==,aO48MA=="),
    ("Reolink, in band", "packetization-mode=1;profile-level-id=640033;sprop-parameter-sets=Z2QAM6wVFKCgL/lQ,aO48sA=="),
    ("Reolink, bytes after the end", "sprop-parameter-sets=Z2QAM6wVFKCgPaEAAAT2AABjOAQE,aO48sA=="),
    (
        "UniFi",
        "profile-level-id=4d402a; packetization-mode=1; sprop-parameter-sets=Z01AKo2NQDwBE/LgLcBAQFAAAD6AABX5CdoIhGo=,aO44gA==",
    ),
    ("Foscam", "packetization-mode=1;profile-level-id=4D001F;sprop-parameter-sets=Z00AH5WoFAFuQA==,aO48gA=="),
    ("Foscam FI8620", "packetization-mode=1;profile-level-id=4D400C;sprop-parameter-sets=Z0LgHtoCwEkQ,aM4wpIA="),
    (
        "Anpviz",
        "profile-level-id=4D401F;packetization-mode=0;sprop-parameter-sets=Z01AH5WgLASabAQ=,aO48gA==;config=00000001674d401f95a0",
    ),
    (
        "GeoVision",
        "profile-level-id=4d4032; packetization-mode=1; sprop-parameter-sets=Z01AMpWgCoAwfiZuAgICgAAB9AAAdTBC,aO48gA==",
    ),
    (
        "GW Security",
        "packetization-mode=1;profile-level-id=5046314;sprop-parameter-sets=Z00AKpWoHgCJ+WbgICAgQAAAAAE=,aO48gAAAAAE=",
    ),
    (
        "GW Security, sub stream",
        "packetization-mode=1;profile-level-id=5046302;sprop-parameter-sets=Z00AHpWoLQ9puAgICBAAAAAB,aO48gAAAAAE=",
    ),
    ("IPCAM", "profile-level-id=4d0020; packetization-mode=1; sprop-parameter-sets=J00AII1qBQB5oQAAAwABAAADACiE,KO48gA=="),
    ("Macrovideo", "profile-level-id=TeAo;packetization-mode=1;sprop-parameter-sets=J03gKI1oBQBboQAAAwABAAADACgPFCKg,KO4BNJI="),
    ("a film", "packetization-mode=1;sprop-parameter-sets=J01AHqkYGwe83gDUBAQG2wrXvfAQ,KN4JXGM4"),
    (
        "a camera of uneven fragments",
        "profile-level-id=TQAf;packetization-mode=1;sprop-parameter-sets=J00AH+dAKALdgKUFBQXwAAADABAAAAMCiwEAAtxoAAIlUX//AoA=,KO48gA==",
    ),
    (
        "VStarcam",
        "packetization-mode=1;profile-level-id=4d002a;sprop-parameter-sets=Z00AKp2oHgCJ+WbgICAoAAADAAgAAAMAfCA=,aO48gA==",
    ),
    (
        "LV-IP22IR40DVBL",
        "packetization-mode=1;profile-level-id=4d002a;sprop-parameter-sets=Z00AKpWoHgCJ+WEAAAMAAQAAAwAyhA==,aO48gA==",
    ),
    ("Wowza", "packetization-mode=1;profile-level-id=42C01E;sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg=="),
    ("Axis", "packetization-mode=1; profile-level-id=420029; sprop-parameter-sets=Z0IAKeKQCgDLYC3AQEBpB4kRUA==,aM48gA=="),
    (
        "Raspberry Pi",
        "packetization-mode=1; profile-level-id=640028; sprop-parameter-sets=J2QAKKwrQDwBE/LCAAADAAIAAAMAecFABhqAAL683vcA8SJq,KO4BNyw=",
    ),
    ("SPS and PPS in one", "sprop-parameter-sets=AAAAAWdNAB+VqBQBbkAAAAABaO48gA=="),
    ("PPS first, and nothing between", "sprop-parameter-sets=aO48gA==,,Z00AH5WoFAFuQA=="),
    (
        "a server without content types",
        "packetization-mode=1; sprop-parameter-sets=Z2QADazZQUGfnwEQAAADABAAAAMDwPFCmWA=,aOvjyyLA; profile-level-id=64000D",
    ),
    ("sps.rs: baseline", "sprop-parameter-sets=Z0LADNkBQZ+fARAAAAMAEAAAAwMg8UKkgA==,aMuMsg=="),
    ("sps.rs: one B-frame", "sprop-parameter-sets=Z2QADKzkBQZ+fEQAAAMABAAAAwAMg8UKRIA=,aOvDyyLA"),
    ("sps.rs: main", "sprop-parameter-sets=Z00AHvQKCsg=,aO48gA=="),
    ("the tests' camera", "packetization-mode=1;sprop-parameter-sets=Z2QADKyyAoM/PgIgAAADACAAAAZB4oVJ,aOvDyyLA"),
    ("x264 interlaced, cropped", "sprop-parameter-sets=Z2QAFqzZQLQi/WAiAAADAAIAAAMAKD4oUyw=,aPujyyLA"),
    ("x264 interlaced, 1080", "sprop-parameter-sets=Z2QAKKzZQHgET94CIAAAAwAgAAADAoPixbLA,aPujyyLA"),
    ("x264 anamorphic", "sprop-parameter-sets=Z2QAFqzZQLASbARAAAADAEAAAAUDxYtlgA==,aOvjyyLA"),
    ("x264 an odd aspect ratio", "sprop-parameter-sets=Z2QADKzZQWCWwEQAAAMABAAAAwBQPFCmWA==,aOvjyyLA"),
    ("x264 high 10", "sprop-parameter-sets=Z24AFqbNlAoC/5cBEAAAAwAQAAADAUDxYtlg,aOvjyyLA"),
    ("x264 4:2:2, cropped", "sprop-parameter-sets=Z3oAFrzZQKAv6i8BEAAAAwAQAAADAUDxYtlg,aOvjyyLA"),
    ("x264 4:4:4, odd sizes", "sprop-parameter-sets=Z/QAFpGbKBQF/JFYCIAAAAMAgAAACgeLFss=,aOvjxEhE"),
    ("x264 grey", "sprop-parameter-sets=Z2QADPNlBUIePj8BbIAAAAMAgAAACgeKFMs=,aOvjyyLA"),
    ("x264 a buffer model", "sprop-parameter-sets=Z2QAFqzZQKA9sBEAAAMAAQAAAwAUYCAB6EAAehOSygPixbLA,aOvssiw="),
    ("x264 level too low", "sprop-parameter-sets=Z2QADazZQFAFuwEQAAADABAAAAMBQPFCmWA=,aOvjyyLA"),
];

/// The same of H.265.
pub(super) const H265: &[(&str, &str)] = &[
    (
        "Dahua",
        "profile-id=1;sprop-sps=QgEBAWAAAAMAsAAAAwAAAwBaoAWCAeFja5JFL83BQYFBAAADAAEAAAMADKE=;sprop-pps=RAHA8saNA7NA;sprop-vps=QAEMAf//AWAAAAMAsAAAAwAAAwBarAwAAAMABAAAAwAyqA==",
    ),
    (
        "TP-Link, 15 frames a second",
        "profile-space=0;profile-id=1;tier-flag=0;level-id=150;interop-constraints=000000000000;sprop-vps=QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ;sprop-sps=QgEBAWAAAAMAAAMAAAMAAAMAlqABQCAFof4qtO6JLuaAgA27oADN/mAE;sprop-pps=RAHAcvAbJA==",
    ),
    (
        "TP-Link",
        "profile-space=0;profile-id=1;tier-flag=0;level-id=153;interop-constraints=000000000000;sprop-vps=QAEMAf//AUAAAAMAAAMAAAMAAAMAmawJ;sprop-sps=QgEBAUAAAAMAAAMAAAMAAAMAmaADwIARB8uWu5G4NcqqbAgAAAMACAAAAwB4QA==;sprop-pps=RAHAc8BBgwk=",
    ),
    (
        "Anjvision",
        "packetization-mode=0;profile-id=1;level-id=153;sprop-vps=QAEMAf//AUAAAAMAAAMAAAMAAAMAmawJ;sprop-sps=QgEBAUAAAAMAAAMAAAMAAAMAmaACgIAsH+Wu5Gwa5VE1BQYFAIA=;sprop-pps=RAHAc8BBgwk=;config=00",
    ),
    (
        "Tenda CP3 Pro",
        "profile-space=0;profile-id=1;tier-flag=0;level-id=63;interop-constraints=900000000000;sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwA/LAwAAgAAAwAoAAIAAgACgA==;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwA/oAUCAXFlLkkyS7I=;sprop-pps=RAHA8vAzJA==",
    ),
    (
        "Xiaomi Yi Pro 2K",
        "profile-space=0;profile-id=1;tier-flag=0;level-id=186;interop-constraints=000000000000;sprop-vps=QAEMAf//AWAAAAMAAAMAAAMAAAMAuqwJ;sprop-sps=QgEBAWAAAAMAAAMAAAMAAAMAuqABICAFEf5a7kSIi/Lc1AQEBAI=;sprop-pps=RAHA8oSJAzJA",
    ),
    (
        "GeoVision",
        "sprop-vps=QAEMAf//AUAAAAMAAAMAAAMAAAMAmawJ;sprop-sps=QgEBAUAAAAMAAAMAAAMAAAMAmaABUCAGAfE5a7kbBrlUTcBAQEEAAAMAAQAAAwAeCA==;sprop-pps=RAHAc8BMkA==",
    ),
    (
        "two tracks' camera",
        "profile-id=1; sprop-vps=QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ; sprop-sps=QgEBAWAAAAMAAAMAAAMAAAMAlqADwIAQ5Za5JMmuWcBSSgAAB9AAAHUwgkA=; sprop-pps=RAHgdrAwxmQ=",
    ),
    (
        "1440p",
        "sprop-sps=QgEBAWAAAAMAsAAAAwAAAwBdoAKAgC0WNrkky/AIAAADAAgAAAMBlQg=; sprop-pps=RAHA8vA8kAA=; sprop-vps=QAEMAf//AWAAAAMAsAAAAwAAAwBdrAk=",
    ),
    (
        "high tier, predicted picture sets",
        "sprop-vps=QAEMAf//IWAAAAMAAAMAAAMAAAMAlqwJ;sprop-sps=QgEBIWAAAAMAAAMAAAMAAAMAlqADwIARB8u605KJLuagQEBAgAg9YADN/mAE;sprop-pps=RAHAcvAbJA==",
    ),
    (
        "two temporal sub-layers",
        "sprop-vps=QAEMAf//AWAAAAMAAAMAAAMAAAMAe6wJ;sprop-sps=QgEEIWAAAAMAAAMAAAMAAAMAewAAoAPAgBEHy+ta05KJrlVkAA==;sprop-pps=RAHAcvAbJA==",
    ),
    (
        "a GPU's encoder",
        "sprop-vps=QAEMAf//AUAAAAMAgAAAAwAAAwB7rAk=; sprop-sps=QgEBAUAAAAMAgAAAAwAAAwB7oAPAgBEFlrksrZrlUTYAgA==; sprop-pps=RAHA4w8DMkA=",
    ),
    (
        "a browser's encoder",
        "sprop-vps=QAEMAf//AIAAAAMAAAMAAAMAAAMAALUCQA==;sprop-sps=QgEBAIAAAAMAAAMAAAMAAAMAAKACgIAtH+W1kkbQzkkktySqSfKSyA==;sprop-pps=RAHBpVgeSA==",
    ),
    (
        "VLC",
        "tx-mode=SRST;profile-id=1;level-id=93;sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwBdlZgJ;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwBdoAUCAeFllZpJMrwFoCAAAAMAIAAAAwPB;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "sps.rs: x265",
        "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwA8koCQ;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwA8oAoIC595ZWaSTK8BaAgAAAMACAAAAwDIQA==;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "the tests' camera",
        "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwA8koCQ;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwA8oAoIC595ZKkkyvAWgIAAAAMAgAAADIQ=;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 main 10",
        "sprop-vps=QAEMAf//AiAAAAMAkAAAAwAAAwA/lZgJ;sprop-sps=QgEBAiAAAAMAkAAAAwAAAwA/oAUCAWk2WVmkkyvAWgIAAAMAAgAAAwAUEA==;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 main 12, cropped",
        "sprop-vps=QAEMAf//BAgAAAMAmYgAAAMAAD+VmAk=;sprop-sps=QgEBBAgAAAMAmYgAAAMAAD+gBQIBad0UpZWaSTK8BaAgAAADACAAAAMBQQ==;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 4:2:2 10, cropped",
        "sprop-vps=QAEMAf//BAgAAAMAnQgAAAMAAD+VmAk=;sprop-sps=QgEBBAgAAAMAnQgAAAMAAD+wBQIBadW2WVmkkyvAWgIAAAMAAgAAAwAUEA==;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 4:4:4, odd sizes",
        "sprop-vps=QAEMAf//BAgAAAMAnggAAAMAAD+VmAk=;sprop-sps=QgEBBAgAAAMAnggAAAMAAD+QAKBALTkrLKzSSZXgLQEAAAMAAQAAAwAKCA==;sprop-pps=RAHBcoYMRiQ=",
    ),
    (
        "x265 grey",
        "sprop-vps=QAEMAf//BAgAAAMAn8gAAAMAADyVmAk=;sprop-sps=QgEBBAgAAAMAn8gAAAMAADzAKSA+c8+WVmkkyvAWwIAAAAMAgAAABQQ=;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 anamorphic",
        "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwBalZgJ;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwBaoAWCAJBZZWaSTK8CaAgAAAMACAAAAwBQQA==;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 an odd aspect ratio",
        "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwA8lZgJ;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwA8oAsIBIWWVmkkyv/wC1AGRoCAAAADAIAAAAUE;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 a buffer model",
        "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwBalZgJ;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwBaoAUCAeFllZpJMrwFoCAAAAMAIAAAAwFMAZKJwAPQgAD0JkA=;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 scaling lists",
        "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwBalZgJ;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwBaoAUCAeFllZpJOV4C0BAAAAMAEAAAAwCggA==;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 interlaced",
        "sprop-vps=QAEMAf//AWAAAAMAQAAAAwAAAwBalZgJ;sprop-sps=QgEBAWAAAAMAQAAAAwAAAwBaoAUCAeFllZpJMrwFoaAAAAMAIAAAAwFB;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 much told",
        "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwBanYoCQA==;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwBaoAUCAeFlnYqSTK8BtwECAqQttwAAAwABAAADAAoI;sprop-pps=RAHBcrRCQA==",
    ),
    (
        "x265 high tier",
        "sprop-vps=QAEMAf//IWAAAAMAkAAAAwAAAwCZlZgJ;sprop-sps=QgEBIWAAAAMAkAAAAwAAAwCZoAHgIAIcWWVmkkyvAWgIAAADAAgAAAMAUEA=;sprop-pps=RAHBcrRiQA==",
    ),
    (
        "x265 intra only",
        "sprop-vps=QAEMAf//BAgAAAMAn6gAAAMAAFq6AkA=;sprop-sps=QgEBBAgAAAMAn6gAAAMAAFqgBQIB4WW6kkyvAWgIAAADAAgAAAMAUEA=;sprop-pps=RAHBcrBiQA==",
    ),
];

/// Sound: `fmtp`, clock rate, channels of the `rtpmap`.
pub(super) const AAC: &[(&str, &str, u32, Option<u16>)] = &[
    (
        "Dahua",
        "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1188",
        48_000,
        None,
    ),
    (
        "Reolink",
        "streamtype=5;profile-level-id=15;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408; profile=1;",
        16_000,
        None,
    ),
    (
        "UniFi",
        "streamtype=5; profile-level-id=15; mode=AAC-hbr; config=1188; SizeLength=13; IndexLength=3; IndexDeltaLength=3;",
        48_000,
        Some(1),
    ),
    (
        "Hikvision",
        "profile-level-id=15; streamtype=5; mode=AAC-hbr; config=1408;SizeLength=13; IndexLength=3; IndexDeltaLength=3; Profile=1;",
        16_000,
        None,
    ),
    ("Wowza", "profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1490", 12_000, Some(2)),
    (
        "with a hint of HE-AAC",
        "profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; config=119056E500",
        48_000,
        Some(2),
    ),
    ("a rate of its own", "mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1780271010", 20_000, Some(2)),
    ("eight channels", "mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=11B8", 48_000, Some(8)),
];
