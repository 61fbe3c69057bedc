//! Walking: all files below some paths, several at once; large ones in parts.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use walkdir::{DirEntry, WalkDir};

use super::file::{File, Pipe, Unsearched};
use super::found::{FoundIn, Searched};
use super::search::Needles;
use super::stream::{Seen, Stream, Watch};

/// All that was seen.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// The files, and those with hits, in the order of their paths.
    pub searched: Searched,
    /// What could not be read, or not whole.
    pub unreadable: Vec<(PathBuf, Unsearched)>,
    /// Folders that show the kernel, and were left out.
    pub kernels: Vec<PathBuf>,
    /// Repositories whose objects, which are compressed, were searched as they lie there.
    pub repositories: Vec<PathBuf>,
}

/// From this size on, in bytes, a file is searched in parts, several at once.
const LARGE: u64 = 64 * 1024 * 1024;

/// Bytes of a part.
const PART: u64 = 16 * 1024 * 1024;

/// More threads would need more memory, and wait for the disk.
const MOST_THREADS: usize = 16;

/// Searches all files below `paths`; `-` is standard input. Hidden and ignored ones are files like others;
/// symbolic links are followed only where they are among `paths`.
pub fn walk(needles: &Needles, paths: &[PathBuf], watch: &dyn Watch) -> Walked {
    let shared = Shared { needles, watch, walked: Mutex::default(), large: Mutex::default() };
    if paths.iter().any(|path| is_input(path)) {
        let mut input = Pipe { descriptor: rustix::stdio::stdin(), watch };
        let seen = Stream::new(needles).search(&mut input, 0, u64::MAX);
        shared.note(Path::new("-"), seen);
    }
    let named = paths.iter().filter(|path| !is_input(path));
    let entries = Mutex::new(named.flat_map(|path| shared.entries(path)));
    let next = || lock(&entries).next();
    side_by_side(&|| {
        let mut stream = Stream::new(needles);
        while !watch.is_over()
            && let Some(entry) = next()
        {
            shared.visit(entry, &mut stream);
        }
    });
    drop(entries);
    shared.search_large();
    let mut walked = shared.walked.into_inner().unwrap_or_else(PoisonError::into_inner);
    walked.searched.sort();
    for list in [&mut walked.kernels, &mut walked.repositories] {
        list.sort();
        list.dedup();
    }
    walked.unreadable.sort();
    walked.unreadable.dedup();
    walked
}

fn is_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Does the same work in several threads, as many as there are processors and the system grants; this one is
/// among them.
fn side_by_side(work: &(dyn Fn() + Sync)) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            if Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the threads share.
struct Shared<'a> {
    needles: &'a Needles,
    watch: &'a dyn Watch,
    walked: Mutex<Walked>,
    /// Files for afterwards, and whether each was named; not open, for there may be any number of them.
    large: Mutex<Vec<(PathBuf, bool)>>,
}

impl Shared<'_> {
    /// All that lies below a path that was named, folders of the kernel left out. Of its files those that are
    /// named are searched.
    fn entries(&self, named: &Path) -> impl Iterator<Item = walkdir::Result<DirEntry>> {
        let walk = (!named.is_dir() || self.is_searched(named)).then(|| {
            let is_wanted =
                |entry: &DirEntry| !entry.file_type().is_dir() || self.is_searched(entry.path());
            WalkDir::new(named).into_iter().filter_entry(is_wanted)
        });
        walk.into_iter().flatten()
    }

    /// Whether a folder is searched; it is noted where it is one of the kernel.
    fn is_searched(&self, folder: &Path) -> bool {
        let is_kernels = shows_kernel(folder);
        if is_kernels {
            self.with(|walked| walked.kernels.push(folder.to_owned()));
        }
        !is_kernels
    }

    fn visit(&self, entry: walkdir::Result<DirEntry>, stream: &mut Stream<'_>) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(Path::new("")).to_owned();
                let cause = error.into_io_error().and_then(|cause| cause.raw_os_error());
                return self.unreadable(&path, Unsearched::System(cause.unwrap_or(libc::EIO)));
            }
        };
        let (path, named) = (entry.path(), entry.depth() == 0);
        let kind = entry.file_type();
        if kind.is_dir() || named && path.is_dir() {
            if let Some(repository) = repository_of(path) {
                self.with(|walked| walked.repositories.push(repository.to_owned()));
            }
        } else if named || kind.is_file() {
            // Of what was named, the system tells; all else is known to be a file or not.
            let Some(file) = self.open(path, named) else { return };
            if file.size >= LARGE {
                lock(&self.large).push((path.to_owned(), named));
            } else {
                self.note(path, stream.search(&mut file.range(0, u64::MAX), 0, u64::MAX));
                self.watch.advance(file.size);
            }
        }
    }

    /// Opens a file, where it is one that is to be searched and can be.
    fn open(&self, path: &Path, named: bool) -> Option<File> {
        match File::open(path, named) {
            // Nothing, where it was there a moment ago.
            Ok(file) => file,
            // What was asked for is not passed by without a word.
            Err(Unsearched::NotAFile) if !named => None,
            Err(trouble) => {
                self.unreadable(path, trouble);
                None
            }
        }
    }

    /// Takes in what was seen of one file.
    fn note(&self, path: &Path, seen: Result<Seen, Unsearched>) {
        match seen {
            Ok(seen) => {
                self.with(|walked| walked.searched.add(seen, || FoundIn::File(path.to_owned())))
            }
            Err(trouble) => self.unreadable(path, trouble),
        }
    }

    fn unreadable(&self, path: &Path, trouble: Unsearched) {
        self.with(|walked| walked.unreadable.push((path.to_owned(), trouble)));
    }

    fn with(&self, change: impl FnOnce(&mut Walked)) {
        change(&mut lock(&self.walked));
    }

    /// Searches the large files, one after the other, each by all threads.
    fn search_large(&self) {
        let large = std::mem::take(&mut *lock(&self.large));
        for (path, named) in large {
            let Some(file) = self.open(&path, named) else { continue };
            let (next, whole) = (AtomicU64::new(0), Mutex::new(Ok(Seen::default())));
            side_by_side(&|| self.search_parts(&file, &next, &whole));
            if !self.watch.is_over() {
                self.note(&path, whole.into_inner().unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    /// Searches one part after the other that nobody has taken yet. A part goes on into the next one for as
    /// long as a form is that begins in it.
    fn search_parts(&self, file: &File, next: &AtomicU64, whole: &Mutex<Result<Seen, Unsearched>>) {
        let mut stream = Stream::new(self.needles);
        let overlap = self.needles.span() as u64;
        loop {
            let start = next.fetch_add(PART, Ordering::Relaxed);
            if start >= file.size || self.watch.is_over() {
                return;
            }
            let end = start + PART;
            let seen = stream.search(&mut file.range(start, end + overlap), start, end);
            let mut whole = lock(whole);
            match (&mut *whole, seen) {
                (Ok(whole), Ok(seen)) => {
                    self.watch.advance(seen.bytes);
                    whole.merge(seen);
                }
                (Ok(_), Err(error)) => *whole = Err(error),
                (Err(_), _) => return,
            }
        }
    }
}

/// The repository whose objects lie in this folder.
fn repository_of(folder: &Path) -> Option<&Path> {
    if folder.file_name()? != "objects" {
        return None;
    }
    let store = folder.parent()?;
    rustix::fs::stat(store.join("HEAD")).ok()?;
    let hidden = store.file_name().is_some_and(|name| name == ".git");
    Some(if hidden {
        store.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
    } else {
        store
    })
}

/// Whether a folder is the kernel's view of itself, as `/proc` and `/sys` are, and no store of files.
/// The numbers are those of statfs(2) and linux/magic.h.
#[cfg(target_os = "linux")]
fn shows_kernel(folder: &Path) -> bool {
    const KERNELS: [u32; 14] = [
        0x9fa0,      // proc
        0x6265_6572, // sysfs
        0x6462_6720, // debugfs
        0x7472_6163, // tracefs
        0x6367_7270, // cgroup2
        0x0027_e0eb, // cgroup
        0x7363_6673, // securityfs
        0x6165_676c, // pstore
        0xcafe_4a11, // bpf
        0xde5e_81e4, // efivarfs
        0x6265_6570, // configfs
        0x4249_4e4d, // binfmt_misc
        0xf97c_ff8c, // selinux
        0x6573_5543, // fusectl
    ];
    // The field has another type on each architecture; the number is the lower half of it.
    rustix::fs::statfs(folder).is_ok_and(|it| KERNELS.contains(&(it.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn shows_kernel(_folder: &Path) -> bool {
    false
}
