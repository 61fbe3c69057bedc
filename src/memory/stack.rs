//! Work on a stack of our own, which is wiped when the work is done.
//!
//! Key derivation and ciphers leave their blocks and key schedules on the stack, where no
//! allocator reaches them. They run on a thread whose stack is one of our mappings: guarded,
//! locked where the limit allows it, overwritten before it is given back.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(not(target_vendor = "apple"))]
use libc::pthread_attr_setstack;
use nix::sys::signal::{SigSet, SigmaskHow};

use super::mapping::{Mapping, Purpose};
use crate::error::{Error, MemoryError, Result};

// Apple's C library has it too (pthread.h), the libc crate not yet.
#[cfg(target_vendor = "apple")]
unsafe extern "C" {
    fn pthread_attr_setstack(
        attributes: *mut libc::pthread_attr_t,
        bottom: *mut libc::c_void,
        size: libc::size_t,
    ) -> libc::c_int;
}

/// Bytes of a stack for any work. Every page of it is locked and wiped, which takes time: 2 MiB took
/// 0.9 ms.
///
/// The deepest use that was measured is 97 KiB (release) and 83 KiB (debug), the 64,000 bytes of
/// SHA-512's schedules among it: sealing, judging, and opening with each cipher, hash and
/// compression, up to the 15 nested compressions that sequoia takes, which go no deeper than one. age takes less
/// than 48 KiB.
pub const DEEP_STACK: usize = 384 * 1024;

/// Bytes of a stack for one hash context: measured likewise, 6 KiB.
pub const SHALLOW_STACK: usize = 64 * 1024;

/// The work panicked; what it said is dropped unread, for it may have seen plaintext.
#[derive(Debug)]
pub struct Panicked;

/// One piece of work on its way to the other stack and back.
struct Job<F, T> {
    work: Option<F>,
    outcome: Option<std::result::Result<T, Box<dyn Any + Send>>>,
}

/// Runs `work` to its end on a wiped stack of `bytes` bytes and hands back its result; a panic is caught there.
///
/// No signal handler of this process runs on that stack.
///
/// Errors: no memory or no thread could be had.
pub fn on_wiped_stack<T, F>(bytes: usize, work: F) -> Result<std::result::Result<T, Panicked>>
where
    T: Send,
    F: FnOnce() -> T + Send,
{
    let mut stack = Mapping::new(bytes, Purpose::Stack)?;
    let mut job = Job { work: Some(work), outcome: None };
    // What is called next may save the vector registers on this thread's stack: libc binds its own
    // calls lazily, and the binder spills them.
    super::registers::clear_vector_registers();
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK);
    let before = before.map_err(|_| Error::Internal)?;
    let thread = start(&mut stack, &mut job);
    // As the call before has not failed, this one cannot.
    let _ = before.thread_set_mask();
    let thread = thread?;
    // SAFETY: the thread was started just now, is joined once, and returns nothing.
    if unsafe { libc::pthread_join(thread, std::ptr::null_mut()) } != 0 {
        // Nobody knows whether it still runs on a stack, and on a job, that go away here.
        std::process::abort();
    }
    drop(stack);
    match job.outcome {
        Some(Ok(result)) => Ok(Ok(result)),
        Some(Err(_)) | None => Ok(Err(Panicked)),
    }
}

/// Starts the thread, with the signals blocked that are blocked now.
fn start<T, F>(stack: &mut Mapping, job: &mut Job<F, T>) -> Result<libc::pthread_t>
where
    T: Send,
    F: FnOnce() -> T + Send,
{
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: initialises the attributes, which live until they are destroyed below.
    if unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) } != 0 {
        return Err(MemoryError::OutOfMemory.into());
    }
    let (bottom, size) = (stack.start().as_ptr().cast(), stack.length());
    let mut thread = std::mem::MaybeUninit::<libc::pthread_t>::uninit();
    let argument = std::ptr::from_mut(job).cast();
    // SAFETY: initialised above; the stack is ours for longer than the thread lives.
    let mut failed = unsafe { pthread_attr_setstack(attributes.as_mut_ptr(), bottom, size) };
    if failed == 0 {
        // SAFETY: `entry` gets the job it is made for, and the caller joins before the job goes away.
        failed = unsafe {
            libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), entry::<T, F>, argument)
        };
    }
    // SAFETY: initialised above, used no more.
    unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
    if failed != 0 {
        return Err(MemoryError::OutOfMemory.into());
    }
    // SAFETY: written by the successful `pthread_create`.
    Ok(unsafe { thread.assume_init() })
}

extern "C" fn entry<T, F: FnOnce() -> T>(argument: *mut libc::c_void) -> *mut libc::c_void {
    // SAFETY: `start` passes a `Job<F, T>` that outlives this thread and that nobody else touches.
    let job = unsafe { &mut *argument.cast::<Job<F, T>>() };
    job.outcome = job.work.take().map(|work| catch_unwind(AssertUnwindSafe(work)));
    super::registers::clear_vector_registers();
    std::ptr::null_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_panics_come_back() {
        let text = String::from("kept");
        let length =
            on_wiped_stack(SHALLOW_STACK, || text.len()).expect("a thread").expect("no panic");
        assert_eq!(length, 4);
        let outcome = on_wiped_stack(SHALLOW_STACK, || assert!(text.is_empty(), "on purpose"))
            .expect("a thread");
        assert!(outcome.is_err());
    }
}
