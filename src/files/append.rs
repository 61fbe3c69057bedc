//! Appending a line to a record that several processes may write.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use super::lock::{Lock, lock};
use super::replace::make_folder_of;
use crate::error::{Result, SystemError};

/// Appends `line` and a line end, whole or not at all, and forces it to the disk. The file is
/// created 0600 and its folder 0700 where missing; a line that a crash cut off is ended first. Another
/// writer is waited for as long as `patience`.
///
/// Errors: it cannot be written, for instance on a full disk; then the file is as it was.
pub fn append_line(path: &Path, line: &str, patience: Duration) -> Result<()> {
    make_folder_of(path, 0o700)?;
    append(path, line, patience).map_err(|error| SystemError::from(error).writing(path))
}

fn append(path: &Path, line: &str, patience: Duration) -> std::io::Result<()> {
    let mut file =
        OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    // Where there are no locks, O_APPEND still keeps whole lines apart on a local disk.
    if let Lock::Busy = lock(&file, patience, &|| None) {
        return Err(std::io::Error::from_raw_os_error(libc::EBUSY));
    }
    let before = file.seek(SeekFrom::End(0))?;
    let start = if before > 0 && !ends_with_line_end(&mut file)? { "\n" } else { "" };
    let outcome =
        file.write_all(format!("{start}{line}\n").as_bytes()).and_then(|()| file.sync_all());
    if outcome.is_err() {
        file.set_len(before)?;
    }
    outcome
}

fn ends_with_line_end(file: &mut File) -> std::io::Result<bool> {
    use std::io::Read;
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::super::lock::PATIENCE;
    use super::*;

    #[test]
    fn whole_lines_from_many_writers() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/journal");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    for line in 0..25 {
                        append_line(
                            path,
                            &format!("{writer} {line} {}", "x".repeat(200)),
                            PATIENCE,
                        )
                        .expect("appends");
                    }
                });
            }
        });
        let text = std::io::read_to_string(File::open(&path).expect("a file")).expect("text");
        assert_eq!(text.lines().count(), 200);
        assert!(text.lines().all(|line| line.ends_with(&"x".repeat(200))));
    }

    #[test]
    fn a_torn_line_is_ended_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        File::create(&path).and_then(|mut file| file.write_all(b"torn")).expect("a file");
        append_line(&path, "whole", PATIENCE).expect("appends");
        let text = std::io::read_to_string(File::open(&path).expect("a file")).expect("text");
        assert_eq!(text, "torn\nwhole\n");
    }
}
