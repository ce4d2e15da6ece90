//! A door with a trap: `scripts/fuzz` believes in what it finds, and does not find, only after it was caught here.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [b't', b'r', b'a', b'p', ..] = data else { return };
    panic!("the trap was found");
});
