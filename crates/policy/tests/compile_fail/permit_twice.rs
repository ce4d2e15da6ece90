//! A permit is for one call.
use policy::Permit;
use policy::act::Download;

fn download(permit: Permit<Download>) {
    drop(permit);
}

fn twice(permit: Permit<Download>) {
    download(permit);
    download(permit);
}

fn main() {}
