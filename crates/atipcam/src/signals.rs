use tokio::signal::unix::{SignalKind, signal};

use crate::console::complain;

/// Resolves at the first SIGTERM or SIGINT. The second one leaves at once.
pub(crate) async fn asked_to_stop() -> std::io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        complain("left at once, as asked twice");
        std::process::exit(130);
    });
    Ok(())
}
