//! The log, apart from where it is kept: tree, checkpoint, receipt, and how each is verified. Pure: no rows, no clock.
//!
//! - Hashing, inclusion and consistency are those of RFC 6962 with the verification of RFC 9162 section 2.1.
//! - A checkpoint is a C2SP tlog-checkpoint: a signed note (Ed25519) over origin, size and root.
//! - A leaf is canonical JSON that holds a salted commitment to what happened, never the thing itself. Whoever has payload
//!   and salt can show what was committed to; once both are gone, the leaf says only that something happened.
//! - A receipt is one text with all that is needed to check it offline; its second half is a C2SP tlog-proof.

mod entry;
mod note;
mod receipt;
mod tree;

pub use entry::{Entry, commitment};
pub(crate) use entry::{SALT_LEN, canonical};
pub use note::{Checkpoint, NoteError, VerifierKey, open_case};
pub(crate) use note::{Signer, case_note_len, claimed_case};
pub(crate) use receipt::Receipt;
pub use receipt::{ReceiptError, Verified, verify_receipt, verify_receipt_of};
pub use tree::{BadHash, Consistency, Hash, leaf_hash, node_hash, verify_consistency, verify_inclusion};
pub(crate) use tree::{Frontier, Node, consistency_ranges, fold, inclusion_ranges, subtrees};
