//! What goes wrong with a vault: its form, its strength, opening it.

errors! {
    /// A vault's bytes, or its text in a note.
    pub enum VaultError {
        #[error("this is no vault: it is neither an OpenPGP message nor an age file, nor the text of one")]
        #[hint("gpg --list-packets FILE tells what it is")]
        NotAVault,

        #[error("the vault is cut off or damaged")]
        #[hint("copy it again from where it is whole, or look for another copy")]
        Damaged,

        #[error("this OpenPGP message is not encrypted, so anybody may have written it")]
        #[hint("look for another copy, or seal again from the source")]
        NotEncrypted,

        #[error("this message is encrypted to a key, not with a passphrase")]
        #[hint("gpg --decrypt FILE | breakglass seal NEW --from - makes a vault of it")]
        NotForPassphrase,

        #[error("this message has no integrity protection (MDC), so anybody may have changed it")]
        #[hint("look for another copy, or seal again from the source")]
        NoIntegrity,

        #[error("this message uses GnuPG's own AEAD packet (gpg --force-ocb), which only GnuPG reads")]
        #[hint("gpg --decrypt FILE | breakglass seal NEW --from - makes a vault of it")]
        GnupgAead,

        #[error("this message uses RFC 9580 encryption, which stock gpg cannot open and vaults do not use")]
        #[hint("look for another copy, or seal again from the source")]
        NewerOpenPgp,

        #[error("this message is encrypted with {cipher}, which is too weak or unknown")]
        #[hint("look for another copy, or seal again from the source")]
        WeakCipher { cipher: &'static str },

        #[error("there is further data behind the encrypted message")]
        #[hint("look for another copy; this one was changed after it was sealed")]
        TrailingData,

        #[error("there is a second message behind the first one")]
        #[hint("look for another copy; this one was changed after it was sealed")]
        SecondMessage,

        #[error("this message has more than 16 encrypted session keys")]
        #[hint("look for another copy, or seal again from the source")]
        TooManyKeyPackets,

        #[error("this message's key derivation is unknown or asks for too much memory")]
        #[hint("look for another copy, or seal again from the source")]
        KeyDerivation,

        #[error("cannot open the vault: the passphrase is wrong or the file is damaged")]
        #[hint("try the passphrase again, then another copy; gpg or age --decrypt FILE is the other way in")]
        CannotOpen,

        #[error("the vault holds more than 4 MiB")]
        #[hint("gpg --decrypt FILE, or age --decrypt FILE, opens it")]
        PlaintextTooLarge,

        #[error("this age file is encrypted to a key, not with a passphrase")]
        #[hint("age --decrypt -i KEY FILE | breakglass seal NEW --from - makes a vault of it")]
        AgeForKeys,

        #[error("this age file has other recipients beside the passphrase, which age does not allow")]
        #[hint("look for another copy, or seal again from the source")]
        AgeMixed,

        #[error("this age file asks for more than 1 GiB of memory (a work factor above 20)")]
        #[hint("up to a factor of 22, age --decrypt FILE | breakglass seal NEW --from - makes a vault of it")]
        AgeWork,

        #[error("age's key derivation takes {mebibytes} MiB of memory, which this system does not give")]
        #[hint("raise the limit (ulimit -v), end other programs, or use another machine")]
        AgeMemory { mebibytes: usize },

        #[error("the note has changed the dashes of its BEGIN or END line, which are five hyphens before and five behind")]
        #[hint("put -----BEGIN … and -----END … back with plain hyphens, or take a copy that is a file")]
        NoteDashes,

        #[error("the text has lost its line ends, so that where its header fields (Version:, Comment:) end cannot be told")]
        #[hint("delete the fields, so that only the message stands between BEGIN and END")]
        NoteFields,

        #[error("the text is not the vault's own: it holds HTML or the encoding of a mail")]
        #[hint("copy the note as plain text, or take a copy that is a file")]
        NoteMarkup,

        #[error("characters stand between the BEGIN and the END line that no vault has, so the note was changed")]
        #[hint("copy the note as plain text, or take a copy that is a file")]
        NoteCharacters,
    }
}
