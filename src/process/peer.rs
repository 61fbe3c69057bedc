//! Who is at the other end of a local socket.

#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

/// The number of the process that listens at the other end, as the kernel keeps it (`SO_PEERCRED`,
/// unix(7)); nothing where the system does not tell.
#[cfg(target_os = "linux")]
pub fn peer_of(stream: &UnixStream) -> Option<i32> {
    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut size = libc::socklen_t::try_from(size_of::<libc::ucred>()).ok()?;
    // SAFETY: an open socket, and a structure of the size that is told.
    let failed = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &raw mut size,
        )
    } != 0;
    (!failed && peer.pid > 0).then_some(peer.pid)
}

/// The system has no such call.
#[cfg(not(target_os = "linux"))]
pub fn peer_of(_stream: &UnixStream) -> Option<i32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_one_that_listens() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&path).expect("listens");
        let stream = UnixStream::connect(&path).expect("connects");
        assert_eq!(peer_of(&stream), i32::try_from(std::process::id()).ok());
    }
}
