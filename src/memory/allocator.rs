//! The global allocator: the system's, which forgets what it held.

use std::alloc::{GlobalAlloc, Layout, System};

/// Overwrites every block with zeros before it goes back to the system's allocator, and moves a
/// growing block itself, so that the old place is wiped too.
///
/// Libraries keep plaintext in ordinary heap memory (sequoia one copy for each reading path,
/// serde_json its scratch buffer); this is what removes those copies.
#[derive(Debug)]
pub struct WipingAllocator;

// SAFETY: every block comes from and goes back to `System` with the layout that it was asked for;
// wiping happens while the block is still ours.
unsafe impl GlobalAlloc for WipingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps `GlobalAlloc::alloc`'s contract, which is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let block = unsafe { System.alloc_zeroed(layout) };
        if layout.size() >= LARGE && !block.is_null() {
            ask_for_large_pages(block, layout.size());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller hands over `layout.size()` bytes that nobody else uses any more.
        unsafe { block.write_bytes(0, layout.size()) };
        // SAFETY: every byte was written just now.
        zeroize::optimization_barrier(unsafe { std::slice::from_raw_parts(block, layout.size()) });
        // SAFETY: `block` was allocated by `System` with this layout.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `size`, rounded up to the alignment, fits in `isize`.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: `wanted` has a size above zero, by the contract of `realloc`.
        let moved = unsafe { System.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both blocks are at least this long, and a new block overlaps no old one.
            unsafe { std::ptr::copy_nonoverlapping(block, moved, layout.size().min(size)) };
            // SAFETY: the contents have moved and the caller gives the old block up.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }
}

/// From this size on, in bytes, a block is scrypt's table. With ordinary pages the system takes a third as long
/// to provide and to wipe it as scrypt does to fill it.
const LARGE: usize = 32 * 1024 * 1024;

/// Asks for huge pages, where the system has them; if it does not, nothing changes.
#[cfg(target_os = "linux")]
fn ask_for_large_pages(block: *mut u8, bytes: usize) {
    // The system's allocator maps a block of this size alone, with its own notes before it.
    let into_page = block.addr() % rustix::param::page_size();
    let start = block.wrapping_sub(into_page);
    // SAFETY: advice about pages that hold a live block of ours; it changes no byte of them.
    unsafe { libc::madvise(start.cast(), bytes + into_page, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn ask_for_large_pages(_block: *mut u8, _bytes: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one story in a test")]
    fn a_moved_block_keeps_its_bytes() {
        let layout = Layout::from_size_align(24, 8).expect("a valid layout");
        // SAFETY: a valid layout, checked pointers, and every access within the sizes asked for.
        unsafe {
            let block = WipingAllocator.alloc(layout);
            assert!(!block.is_null());
            for i in 0..24 {
                block.add(i).write(i as u8);
            }
            let moved = WipingAllocator.realloc(block, layout, 4096);
            assert!(!moved.is_null());
            for i in 0..24 {
                assert_eq!(moved.add(i).read(), i as u8);
            }
            WipingAllocator.dealloc(moved, Layout::from_size_align(4096, 8).expect("valid"));
        }
    }
}
