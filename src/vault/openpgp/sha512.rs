//! SHA-512 (FIPS 180-4) of a short text over and over, as key derivation hashes it.
//!
//! Text and block are in step again after a few dozen blocks, so that there are no more different
//! blocks than that. What a block alone decides, its message schedule, is computed once for each
//! of them; half a million blocks then cost their 80 rounds and nothing else.

/// How often progress is told, in bytes hashed.
pub(super) const PROGRESS_BYTES: usize = 1024 * 1024;

const BLOCK_BYTES: usize = 128;

/// The most schedules that are kept: 64,000 bytes, on the stack. Enough for 8 bytes of salt and 92 of
/// passphrase, and for twice and more where the sum is even.
const MAX_SCHEDULES: usize = 100;

/// The message schedule of a block, each word with its round's constant already added.
type MessageSchedule = [u64; 80];

/// The digest of the first `total` bytes of `text` repeated without end; nothing where the schedules
/// would be too many, or too few blocks to gain by them. To be called on a wiped stack.
///
/// `told` is called with the number of bytes hashed so far, now and then.
pub(super) fn digest_repeated(text: &[u8], total: usize, told: impl Fn(usize)) -> Option<[u8; 64]> {
    let blocks = total / BLOCK_BYTES;
    let different = blocks_until_in_step(text.len())?;
    if different > MAX_SCHEDULES || blocks < 2 * different {
        return None;
    }
    let mut stream = text.iter().copied().cycle();
    let mut room = [[0; 80]; MAX_SCHEDULES];
    let schedules = room.get_mut(..different)?;
    for schedule in &mut *schedules {
        *schedule = expand(&std::array::from_fn(|_| stream.next().unwrap_or_default()));
    }
    let mut state = INITIAL;
    for (index, schedule) in schedules.iter().cycle().take(blocks).enumerate() {
        compress(&mut state, schedule);
        if (index + 1).is_multiple_of(PROGRESS_BYTES / BLOCK_BYTES) {
            told((index + 1) * BLOCK_BYTES);
        }
    }
    let rest = text.iter().cycle().skip(blocks % different * BLOCK_BYTES % text.len());
    finish(&mut state, rest.take(total % BLOCK_BYTES), total);
    let mut digest = [0; 64];
    for (bytes, word) in digest.as_chunks_mut::<8>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    Some(digest)
}

/// How many blocks a text fills, repeated until it ends where a block ends; none where it is empty.
fn blocks_until_in_step(length: usize) -> Option<usize> {
    let shared = 1_usize << length.trailing_zeros().min(BLOCK_BYTES.ilog2());
    (length > 0).then(|| length / shared)
}

/// The last bytes, padding and the length in bits (5.1.2).
fn finish<'a>(state: &mut [u64; 8], rest: impl Iterator<Item = &'a u8>, total: usize) {
    let mut last = [0; 2 * BLOCK_BYTES];
    let mut held = 0;
    for (place, byte) in last.iter_mut().zip(rest.chain(&[0x80])) {
        *place = *byte;
        held += 1;
    }
    let (blocks, _) = last.as_chunks_mut::<BLOCK_BYTES>();
    let needed = if held + 16 > BLOCK_BYTES { 2 } else { 1 };
    let length = (total as u128 * 8).to_be_bytes();
    for (index, block) in blocks.iter_mut().take(needed).enumerate() {
        if let (true, Some(place)) = (index + 1 == needed, block.last_chunk_mut()) {
            *place = length;
        }
        compress(state, &expand(block));
    }
}

/// The message schedule (6.4.2, step 1), plus the constants of the rounds.
#[expect(clippy::indexing_slicing, reason = "0 to 79, which the compiler sees too")]
fn expand(block: &[u8; BLOCK_BYTES]) -> MessageSchedule {
    let mut words = [0; 80];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<8>().0) {
        *word = u64::from_be_bytes(*bytes);
    }
    for t in 16..80 {
        let (x, y) = (words[t - 15], words[t - 2]);
        let small_0 = x.rotate_right(1) ^ x.rotate_right(8) ^ (x >> 7);
        let small_1 = y.rotate_right(19) ^ y.rotate_right(61) ^ (y >> 6);
        let sum = words[t - 16].wrapping_add(words[t - 7]);
        words[t] = sum.wrapping_add(small_0).wrapping_add(small_1);
    }
    for (word, constant) in words.iter_mut().zip(CONSTANTS) {
        *word = word.wrapping_add(constant);
    }
    words
}

/// The rounds (6.4.2, steps 2 to 4). The compiler makes the best code of variables that change their
/// parts from round to round rather than their values.
fn compress(state: &mut [u64; 8], schedule: &MessageSchedule) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    macro_rules! round {
        ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident $word:expr) => {
            let large_1 = $e.rotate_right(14) ^ $e.rotate_right(18) ^ $e.rotate_right(41);
            let choice = $g ^ ($e & ($f ^ $g));
            $h = $h.wrapping_add($word).wrapping_add(large_1).wrapping_add(choice);
            $d = $d.wrapping_add($h);
            let large_0 = $a.rotate_right(28) ^ $a.rotate_right(34) ^ $a.rotate_right(39);
            // `a ^ b` is the next round's `b ^ c`.
            let majority = (($a ^ $b) & ($b ^ $c)) ^ $b;
            $h = $h.wrapping_add(large_0).wrapping_add(majority);
        };
    }
    for words in schedule.as_chunks::<8>().0 {
        round!(a b c d e f g h words[0]);
        round!(h a b c d e f g words[1]);
        round!(g h a b c d e f words[2]);
        round!(f g h a b c d e words[3]);
        round!(e f g h a b c d words[4]);
        round!(d e f g h a b c words[5]);
        round!(c d e f g h a b words[6]);
        round!(b c d e f g h a words[7]);
    }
    for (word, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(value);
    }
}

/// The initial hash value (5.3.5).
const INITIAL: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// The constants of the rounds (4.2.3).
#[rustfmt::skip]
const CONSTANTS: [u64; 80] = [
    0x428a_2f98_d728_ae22, 0x7137_4491_23ef_65cd, 0xb5c0_fbcf_ec4d_3b2f, 0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538, 0x59f1_11f1_b605_d019, 0x923f_82a4_af19_4f9b, 0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242, 0x1283_5b01_4570_6fbe, 0x2431_85be_4ee4_b28c, 0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f, 0x80de_b1fe_3b16_96b1, 0x9bdc_06a7_25c7_1235, 0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2, 0xefbe_4786_384f_25e3, 0x0fc1_9dc6_8b8c_d5b5, 0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275, 0x4a74_84aa_6ea6_e483, 0x5cb0_a9dc_bd41_fbd4, 0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab, 0xa831_c66d_2db4_3210, 0xb003_27c8_98fb_213f, 0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2, 0xd5a7_9147_930a_a725, 0x06ca_6351_e003_826f, 0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc, 0x2e1b_2138_5c26_c926, 0x4d2c_6dfc_5ac4_2aed, 0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de, 0x766a_0abb_3c77_b2a8, 0x81c2_c92e_47ed_aee6, 0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364, 0xa81a_664b_bc42_3001, 0xc24b_8b70_d0f8_9791, 0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218, 0xd699_0624_5565_a910, 0xf40e_3585_5771_202a, 0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8, 0x1e37_6c08_5141_ab53, 0x2748_774c_df8e_eb99, 0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63, 0x4ed8_aa4a_e341_8acb, 0x5b9c_ca4f_7763_e373, 0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc, 0x78a5_636f_4317_2f60, 0x84c8_7814_a1f0_ab72, 0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28, 0xa450_6ceb_de82_bde9, 0xbef9_a3f7_b2c6_7915, 0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c, 0xd186_b8c7_21c0_c207, 0xeada_7dd6_cde0_eb1e, 0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba, 0x0a63_7dc5_a2c8_98a6, 0x113f_9804_bef9_0dae, 0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84, 0x32ca_ab7b_40c7_2493, 0x3c9e_be0a_15c9_bebc, 0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6, 0x597f_299c_fc65_7e2a, 0x5fcb_6fab_3ad6_faec, 0x6c44_198c_4a47_5817,
];

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha512};

    fn digest(message: &[u8]) -> [u64; 8] {
        let mut state = INITIAL;
        finish(&mut state, message.iter(), message.len());
        state
    }

    /// The examples that NIST publishes with FIPS 180-4, and the digest of nothing.
    #[test]
    fn official_examples() {
        let nothing = [
            0xcf83_e135_7eef_b8bd,
            0xf154_2850_d66d_8007,
            0xd620_e405_0b57_15dc,
            0x83f4_a921_d36c_e9ce,
            0x47d0_d13c_5d85_f2b0,
            0xff83_18d2_877e_ec2f,
            0x63b9_31bd_4741_7a81,
            0xa538_327a_f927_da3e,
        ];
        assert_eq!(digest(b""), nothing);
        let abc = [
            0xddaf_35a1_9361_7aba,
            0xcc41_7349_ae20_4131,
            0x12e6_fa4e_89a9_7ea2,
            0x0a9e_eee6_4b55_d39a,
            0x2192_992a_274f_c1a8,
            0x36ba_3c23_a3fe_ebbd,
            0x454d_4423_643c_e80e,
            0x2a9a_c94f_a54c_a49f,
        ];
        assert_eq!(digest(b"abc"), abc);
    }

    #[test]
    fn agrees_with_sha2_or_declines() {
        let long: Vec<u8> = (0..300_u32).map(|n| (n * 7 % 251) as u8).collect();
        let mut own = 0;
        for length in 1..=long.len() {
            let text = long.get(..length).expect("in range");
            let step = blocks_until_in_step(length).expect("not empty") * BLOCK_BYTES;
            // Around the least that is not declined, to every place of the end in the last block.
            let counts = (2 * step - 1..2 * step + 2 * BLOCK_BYTES).step_by(1 + length % 7);
            for total in counts.chain([1, length, 128, 1024, 65_536]) {
                let Some(found) = digest_repeated(text, total, |_| {}) else {
                    assert!(step > MAX_SCHEDULES * BLOCK_BYTES || total < 2 * step);
                    continue;
                };
                let message: Vec<u8> = text.iter().copied().cycle().take(total).collect();
                assert_eq!(found[..], Sha512::digest(message)[..], "{length} {total}");
                own += 1;
            }
        }
        assert!(own > 5_000);
        assert_eq!(digest_repeated(b"", 65_536, |_| {}), None);
    }

    #[test]
    fn tells_how_far_it_is() {
        let told = std::cell::RefCell::new(Vec::new());
        digest_repeated(b"text", 3 * PROGRESS_BYTES + 5, |done| told.borrow_mut().push(done));
        assert_eq!(told.into_inner(), [PROGRESS_BYTES, 2 * PROGRESS_BYTES, 3 * PROGRESS_BYTES]);
    }
}
