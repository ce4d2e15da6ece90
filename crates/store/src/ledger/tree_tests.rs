use proptest::prelude::*;

use super::*;

/// MTH of RFC 6962 section 2.1, as it is defined there.
fn root(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => Hash::empty(),
        [one] => leaf_hash(one),
        many => {
            let mut middle = 1;
            while middle * 2 < many.len() {
                middle *= 2;
            }
            node_hash(root(&many[..middle]), root(&many[middle..]))
        }
    }
}

fn leaves(size: u64) -> Vec<Vec<u8>> {
    (0..size).map(|i| i.to_be_bytes().repeat(1 + i as usize % 3)).collect()
}

/// The hash over a range as the definition has it.
fn ranged(leaves: &[Vec<u8>], ranges: Vec<Range<u64>>) -> Vec<Hash> {
    let by_definition = |node: Node| {
        let low = (node.number << node.level) as usize;
        leaves.get(low..low + (1 << node.level)).map(root)
    };
    ranges.into_iter().map(|range| fold(range, by_definition).unwrap()).collect()
}

fn grown(leaves: &[Vec<u8>]) -> Frontier {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.push(leaf_hash(leaf));
    }
    frontier
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// The roots that implementations of certificate transparency test against.
#[test]
fn the_known_tree_has_the_known_roots() {
    let known = [
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ];
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root().to_bytes().to_vec(), unhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    for (leaf, root) in known {
        frontier.push(leaf_hash(&unhex(leaf)));
        assert_eq!(frontier.root().to_bytes().to_vec(), unhex(root), "{} leaves", frontier.size());
    }
}

#[test]
fn a_growing_tree_has_the_roots_and_the_nodes_of_the_definition() {
    let leaves = leaves(70);
    let mut frontier = Frontier::new();
    for size in 0..leaves.len() {
        assert_eq!(frontier.root(), root(&leaves[..size]), "{size} leaves");
        for (node, hash) in frontier.push(leaf_hash(&leaves[size])) {
            let low = (node.number << node.level) as usize;
            assert_eq!(hash, root(&leaves[low..low + (1 << node.level)]), "{node:?}");
            assert_eq!(low + (1 << node.level), size + 1, "a node is complete with its last leaf");
        }
    }
}

#[test]
fn every_inclusion_up_to_33_leaves_is_proven_and_no_other_index_leaf_or_size() {
    let all = leaves(33);
    for size in 1..=33 {
        let root = root(&all[..size as usize]);
        for index in 0..size {
            let leaf = leaf_hash(&all[index as usize]);
            let proof = ranged(&all, inclusion_ranges(index, size));
            assert!(verify_inclusion(leaf, index, size, &proof, root), "{index} of {size}");
            assert!(!verify_inclusion(leaf_hash(b"other"), index, size, &proof, root));
            for other in (0..=size).filter(|other| *other != index) {
                assert!(!verify_inclusion(leaf, other, size, &proof, root), "{index} as {other} of {size}");
            }
            assert!(!verify_inclusion(leaf, index, size, &[&proof[..], &[leaf]].concat(), root), "longer");
            if let Some((_, shorter)) = proof.split_last() {
                assert!(!verify_inclusion(leaf, index, size, shorter, root), "shorter");
            }
        }
    }
}

#[test]
fn every_growth_up_to_33_leaves_is_proven_and_no_other() {
    let all = leaves(33);
    let roots: Vec<Hash> = (0..=33).map(|size| root(&all[..size])).collect();
    for to in 0..=33_u64 {
        for from in 0..=to {
            let hashes = ranged(&all, consistency_ranges(from, to));
            let proof = Consistency { from, to, hashes };
            let (old, new) = (roots[from as usize], roots[to as usize]);
            assert!(verify_consistency(&proof, old, new), "{from} to {to}");
            assert!(!verify_consistency(&proof, leaf_hash(b"other"), new), "{from} to {to}, another past");
            if from > 0 {
                assert!(!verify_consistency(&proof, old, leaf_hash(b"other")), "{from} to {to}, another present");
                assert!(!verify_consistency(&Consistency { from: from - 1, ..proof.clone() }, old, new), "{from} to {to}");
            }
            for i in 0..proof.hashes.len() {
                let mut broken = proof.clone();
                broken.hashes[i] = leaf_hash(b"other");
                assert!(!verify_consistency(&broken, old, new), "{from} to {to}, hash {i}");
            }
        }
    }
}

#[test]
fn numbers_at_the_edge_do_no_harm() {
    let hash = leaf_hash(b"");
    for (index, size) in [(0, 0), (u64::MAX, u64::MAX), (u64::MAX - 1, u64::MAX), (0, u64::MAX), (1 << 63, u64::MAX)] {
        for length in [0, 1, 63, 64, 65, 200] {
            assert!(!verify_inclusion(hash, index, size, &vec![hash; length], hash) || (size == 1 && length == 0));
            let proof = Consistency { from: index, to: size, hashes: vec![hash; length] };
            let equal = index == size && length == 0;
            assert_eq!(verify_consistency(&proof, hash, hash), equal, "{index} {size} {length}");
        }
    }
}

proptest! {
    #[test]
    fn a_frontier_read_back_goes_on_like_the_one_that_grew(size in 0_u64..300) {
        let all = leaves(size + 1);
        let read = Frontier::of(size, |node| {
            let low = (node.number << node.level) as usize;
            all.get(low..low + (1 << node.level)).map(root)
        });
        let (mut read, mut grown) = (read.unwrap(), grown(&all[..size as usize]));
        prop_assert_eq!(&read, &grown);
        let last = leaf_hash(&all[size as usize]);
        prop_assert_eq!(read.push(last), grown.push(last));
        prop_assert_eq!(read.root(), root(&all));
    }

    #[test]
    fn any_leaf_of_any_tree_is_proven(size in 1_u64..700, pick in any::<prop::sample::Index>()) {
        let all = leaves(size);
        let index = pick.index(size as usize) as u64;
        let proof = ranged(&all, inclusion_ranges(index, size));
        prop_assert!(verify_inclusion(leaf_hash(&all[index as usize]), index, size, &proof, grown(&all).root()));
    }

    #[test]
    fn any_growth_is_proven(to in 1_u64..400, pick in any::<prop::sample::Index>()) {
        let all = leaves(to);
        let from = pick.index(to as usize + 1) as u64;
        let proof = Consistency { from, to, hashes: ranged(&all, consistency_ranges(from, to)) };
        prop_assert!(verify_consistency(&proof, grown(&all[..from as usize]).root(), grown(&all).root()));
    }

    #[test]
    fn ranges_of_large_trees_stay_small(size in 1_u64..(1 << 62), pick in any::<u64>()) {
        let index = pick % size;
        prop_assert!(inclusion_ranges(index, size).len() <= 64);
        prop_assert!(consistency_ranges(index, size).len() <= 65);
    }
}
