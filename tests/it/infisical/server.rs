//! A server on the loopback that stands in for Infisical, one thread a connection.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::faults::Fault;
use super::http::Request;
use super::model::{CLIENT_ID, Client, Generation, Model, Secret, Token};
use super::routes::Call;
use super::sending::send;
use super::tls::Certificate;

/// A server before it is started.
pub struct Server {
    model: Model,
}

impl Server {
    /// Of the new generation.
    pub fn new() -> Server {
        Server::of(Generation::New)
    }

    pub fn old() -> Server {
        Server::of(Generation::Old)
    }

    pub fn of(generation: Generation) -> Server {
        Server { model: Model::new(generation) }
    }

    /// A shared secret; the place is a folder, or `environment:folder`.
    pub fn secret(self, place: &str, name: &str, value: &str) -> Server {
        self.entry(Secret::new(place, name, value))
    }

    pub fn entry(mut self, secret: Secret) -> Server {
        self.model.add(secret);
        self
    }

    /// One more import behind those that the folder has.
    pub fn import(mut self, into: &str, from: &str) -> Server {
        self.model.import(into, from);
        self
    }

    /// The identity may not read this folder.
    pub fn unreadable(mut self, place: &str) -> Server {
        self.model.hide(place);
        self
    }

    /// The identity does not belong to the project.
    pub fn not_a_member(mut self) -> Server {
        self.model.member = false;
        self
    }

    /// What is wrong with the client.
    pub fn client(mut self, state: Client) -> Server {
        self.model.clients.get_mut(CLIENT_ID).expect("the client").1 = state;
        self
    }

    /// A token that was issued before.
    pub fn token(mut self, text: &str, state: Token) -> Server {
        self.model.tokens.insert(text.to_owned(), state);
        self
    }

    /// How many lists a minute are answered.
    pub fn list_limit(mut self, lists: u32) -> Server {
        self.model.lists_left = lists;
        self
    }

    /// The database does not answer.
    pub fn database_down(mut self) -> Server {
        self.model.database_down = true;
        self
    }

    /// Listens without TLS.
    pub fn start(self) -> Running {
        Running::start(self.model, None)
    }

    /// Listens with TLS.
    pub fn start_tls(self, certificate: Certificate) -> Running {
        Running::start(self.model, Some(certificate))
    }
}

/// A server that listens until it is dropped.
pub struct Running {
    address: SocketAddr,
    /// The authority to trust, where it speaks TLS.
    authority: Option<String>,
    shared: Arc<Shared>,
}

struct Shared {
    model: Mutex<Model>,
    faults: Mutex<Vec<Planned>>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    stopped: AtomicBool,
}

/// A fault and where it strikes.
struct Planned {
    calls: Vec<Call>,
    fault: Fault,
    /// How often yet; none is always.
    left: Option<u32>,
}

impl Running {
    fn start(model: Model, certificate: Option<Certificate>) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback");
        let address = listener.local_addr().expect("an address");
        let (config, authority) = certificate.map(Certificate::make).unzip();
        let shared = Arc::new(Shared {
            model: Mutex::new(model),
            faults: Mutex::default(),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let listening = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if listening.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                listening.connections.fetch_add(1, Ordering::SeqCst);
                let (shared, config) = (Arc::clone(&listening), config.clone());
                std::thread::spawn(move || shared.connection(stream, config));
            }
        });
        Running { address, authority, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to give as the host.
    pub fn host(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The authority to trust, as PEM, where it speaks TLS.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// From now on these calls go wrong.
    pub fn fail(&self, calls: &[Call], fault: Fault) {
        self.plan(calls, fault, None);
    }

    /// The next `times` of these calls go wrong.
    pub fn fail_times(&self, calls: &[Call], fault: Fault, times: u32) {
        self.plan(calls, fault, Some(times));
    }

    /// From now on nothing goes wrong.
    pub fn mend(&self) {
        lock(&self.shared.faults).clear();
    }

    fn plan(&self, calls: &[Call], fault: Fault, left: Option<u32>) {
        let planned = Planned { calls: calls.to_vec(), fault, left };
        lock(&self.shared.faults).push(planned);
    }

    /// Changes what the server knows.
    pub fn change(&self, change: impl FnOnce(&mut Model)) {
        change(&mut lock(&self.shared.model));
    }

    /// All requests, in their order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    pub fn calls(&self) -> Vec<Call> {
        self.requests().iter().map(Call::of).collect()
    }

    /// The first request of a kind.
    pub fn request(&self, call: Call) -> Request {
        let requests = self.requests();
        requests.into_iter().find(|it| Call::of(it) == call).expect("such a request")
    }

    /// How often anybody connected, with or without a request.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// All tokens that a login gave or that there were before, with their states.
    pub fn tokens(&self) -> Vec<(String, Token)> {
        let model = lock(&self.shared.model);
        model.tokens.iter().map(|(text, state)| (text.clone(), *state)).collect()
    }

    /// See [`Model::confidential`].
    pub fn confidential(&self) -> Vec<String> {
        lock(&self.shared.model).confidential()
    }

    /// How many tokens logins gave.
    pub fn issued(&self) -> u32 {
        lock(&self.shared.model).issued
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listening thread.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn connection(&self, stream: TcpStream, config: Option<Arc<ServerConfig>>) {
        // An error is the other side's going away: there is nobody to tell.
        let _ = match config {
            None => self.plain(stream),
            Some(config) => self.encrypted(stream, config),
        };
    }

    fn plain(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        while self.serve(&mut stream)? {}
        stream.get_ref().shutdown(Shutdown::Both)
    }

    fn encrypted(&self, stream: TcpStream, config: Arc<ServerConfig>) -> io::Result<()> {
        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
        let mut stream = BufReader::new(StreamOwned::new(connection, stream));
        while self.serve(&mut stream)? {}
        // Without TLS's own sign of the end: every whole answer says how long it is.
        stream.get_ref().sock.shutdown(Shutdown::Both)
    }

    /// One request; returns whether another one may follow.
    fn serve(&self, stream: &mut BufReader<impl Read + Write>) -> io::Result<bool> {
        let request = match Request::read(stream) {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                stream.get_mut().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        lock(&self.requests).push(request.clone());
        let close = request.header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close"));
        let fault = self.fault(Call::of(&request));
        let answer = match &fault {
            Some(Fault::Instead(other)) => other.clone(),
            _ => lock(&self.model).answer(&request),
        };
        Ok(send(stream.get_mut(), &answer, fault.as_ref())? && !close)
    }

    /// The first fault that is planned for a call.
    fn fault(&self, call: Call) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        let struck = |it: &&mut Planned| it.calls.contains(&call) && it.left != Some(0);
        let planned = faults.iter_mut().find(struck)?;
        planned.left = planned.left.map(|left| left - 1);
        Some(planned.fault.clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panicked")
}
