//! The files of `src` as syn reads them: the paths they name, the types and functions they define.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// An identifier or one other character. A literal is `"`; a group begins with `(` or `{`, and its end
/// is no token.
#[derive(Debug)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

/// A path that a file names.
#[derive(Debug)]
pub struct Named {
    /// Written out from `crate` or from the name of a library, as far as the file's imports tell.
    pub segments: Vec<String>,
    pub line: usize,
}

impl Named {
    pub fn text(&self) -> String {
        self.segments.join("::")
    }
}

/// What a file of `src` holds, apart from its tests.
#[derive(Debug, Default)]
pub struct Source {
    /// From the root of the repository.
    pub path: String,
    /// Its module, without `crate`: `pm2`, `daemon`.
    pub module: Vec<String>,
    /// All lines, those of the tests too.
    pub lines: usize,
    /// The lines that are neither blank nor comments.
    pub code_lines: usize,
    pub tokens: Vec<Token>,
    pub named: Vec<Named>,
    /// What a name means in this file, by its imports and child modules.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Names of structs, enums, unions, traits and type aliases.
    pub types: Vec<String>,
    /// `Enum::Variant`, and a type that it holds.
    pub variants: Vec<(String, String)>,
    /// Each from its `fn` to its closing brace.
    pub functions: Vec<(String, RangeInclusive<usize>)>,
}

impl Source {
    /// Reads one file. Panics if it is no Rust, or if tests are not its last item.
    pub fn new(path: &str, text: &str) -> Source {
        let mut file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let tests = file.items.iter().position(is_tests);
        assert!(tests.is_none_or(|at| at + 1 == file.items.len()), "{path}: tests are not last");
        let tests = tests.map(|at| file.items.remove(at));
        let tests_line = tests.as_ref().map_or(usize::MAX, line_of);

        let tokens: TokenStream = text.parse().expect("tokens");
        let code = text.lines().take(tests_line - 1).map(str::trim);
        let below = path.strip_prefix("src/").expect("in src").trim_end_matches(".rs").split('/');
        let mut reader = Reader {
            source: Source {
                path: path.to_owned(),
                module: below
                    .filter(|part| !["mod", "lib", "main"].contains(part))
                    .map(str::to_owned)
                    .collect(),
                lines: text.lines().count(),
                code_lines: code.filter(|line| !line.is_empty() && !line.starts_with("//")).count(),
                ..Source::default()
            },
            inline: Vec::new(),
        };
        flatten(tokens, &mut reader.source.tokens);
        reader.source.tokens.retain(|token| token.line < tests_line);
        reader.visit_file(&file);
        let Reader { source: mut read, .. } = reader;
        let mut named = std::mem::take(&mut read.named);
        named.iter_mut().for_each(|named| read.write_out(&mut named.segments));
        let mut imports = read.imports.clone();
        imports.values_mut().for_each(|import| read.write_out(import));
        Source { named, imports, ..read }
    }

    /// The room it belongs to; none for the crate's root and the program.
    pub fn room(&self) -> Option<&str> {
        let (room, _) = self.path.strip_prefix("src/")?.split_once('/')?;
        Some(room)
    }

    pub fn found(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    /// Replaces the first name of a path by what this file imports under it, which may begin with an
    /// import as well.
    fn write_out(&self, path: &mut Vec<String>) {
        for _ in 0..4 {
            let Some(import) = path.first().and_then(|first| self.imports.get(first)) else {
                return;
            };
            if *import == *path {
                return;
            }
            *path = [import, &path[1..]].concat();
        }
    }
}

/// Whether an item is `#[cfg(test)] mod`.
fn is_tests(item: &syn::Item) -> bool {
    let syn::Item::Mod(module) = item else { return false };
    module.attrs.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

fn flatten(tokens: TokenStream, flat: &mut Vec<Token>) {
    for tree in tokens {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let call = group.delimiter() == Delimiter::Parenthesis;
                flat.push(Token { text: if call { "(" } else { "{" }.to_owned(), line });
                flatten(group.stream(), flat);
            }
            TokenTree::Literal(_) => flat.push(Token { text: "\"".to_owned(), line }),
            other => flat.push(Token { text: other.to_string(), line }),
        }
    }
}

struct Reader {
    source: Source,
    /// The modules inside the file that are being read.
    inline: Vec<String>,
}

impl Reader {
    /// Resolves `self` and `super`.
    fn absolute(&self, segments: Vec<String>) -> Vec<String> {
        let relative = segments.iter().take_while(|it| ["self", "super"].contains(&it.as_str()));
        let relative = relative.count();
        if relative == 0 {
            return segments;
        }
        let mut absolute = [&self.source.module[..], &self.inline].concat();
        let ups = segments[..relative].iter().filter(|it| *it == "super").count();
        absolute.truncate(absolute.len().saturating_sub(ups));
        absolute.insert(0, "crate".to_owned());
        [&absolute, &segments[relative..]].concat()
    }

    fn name(&mut self, segments: Vec<String>, line: usize) {
        let segments = self.absolute(segments);
        self.source.named.push(Named { segments, line });
    }

    fn import(&mut self, name: String, segments: Vec<String>, line: usize) {
        let import = self.absolute(segments.clone());
        // `use process::{self, process}`: paths begin with the module, not with the function.
        self.source.imports.entry(name).or_insert(import);
        self.name(segments, line);
    }

    fn use_tree(&mut self, tree: &syn::UseTree, mut prefix: Vec<String>) {
        let line = line_of(tree);
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.use_tree(&path.tree, prefix);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.use_tree(item, prefix.clone()));
            }
            syn::UseTree::Name(name) => {
                if name.ident != "self" {
                    prefix.push(name.ident.to_string());
                }
                let last = prefix.last().expect("a name").clone();
                self.import(last, prefix, line);
            }
            syn::UseTree::Rename(rename) => {
                if rename.ident != "self" {
                    prefix.push(rename.ident.to_string());
                }
                self.import(rename.rename.to_string(), prefix, line);
            }
            syn::UseTree::Glob(_) => {
                prefix.push("*".to_owned());
                self.name(prefix, line);
            }
        }
    }

    /// Finds paths and imports in what a macro or an attribute is given, which may be no Rust.
    fn scan(&mut self, tokens: TokenStream) {
        let scan = |input: ParseStream| {
            while !input.is_empty() {
                let (ahead, ahead_of_use) = (input.fork(), input.fork());
                if let Ok(path) = ahead.parse::<syn::ExprPath>() {
                    input.advance_to(&ahead);
                    self.visit_expr_path(&path);
                } else if let Ok(item) = ahead_of_use.parse::<syn::ItemUse>() {
                    input.advance_to(&ahead_of_use);
                    self.visit_item_use(&item);
                } else {
                    match input.parse()? {
                        TokenTree::Group(group) => self.scan(group.stream()),
                        // `crate::$name`, which may be anything.
                        TokenTree::Ident(name) if name == "crate" => {
                            self.name(vec![name.to_string(), "$".into()], line_of(&name));
                        }
                        _ => {}
                    }
                }
            }
            Ok(())
        };
        scan.parse2(tokens).expect("any token is read");
    }

    fn function(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let lines = line_of(&signature.fn_token)..=body.span().end().line;
        self.source.functions.push((signature.ident.to_string(), lines));
    }
}

impl Visit<'_> for Reader {
    fn visit_item_mod(&mut self, module: &syn::ItemMod) {
        let name = module.ident.to_string();
        if module.content.is_none() {
            let child = self.absolute(vec!["self".to_owned(), name.clone()]);
            self.source.imports.insert(name.clone(), child);
        }
        self.inline.push(name);
        visit::visit_item_mod(self, module);
        self.inline.pop();
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        self.use_tree(&item.tree, Vec::new());
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|it| it.ident.to_string()).collect();
        if segments.len() > 1 {
            self.name(segments, line_of(path));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &syn::Macro) {
        visit::visit_macro(self, call);
        self.scan(call.tokens.clone());
    }

    fn visit_meta_list(&mut self, attribute: &syn::MetaList) {
        visit::visit_meta_list(self, attribute);
        self.scan(attribute.tokens.clone());
    }

    fn visit_item(&mut self, item: &syn::Item) {
        let name = match item {
            syn::Item::Struct(item) => Some(&item.ident),
            syn::Item::Enum(item) => Some(&item.ident),
            syn::Item::Union(item) => Some(&item.ident),
            syn::Item::Trait(item) => Some(&item.ident),
            syn::Item::Type(item) => Some(&item.ident),
            _ => None,
        };
        self.source.types.extend(name.map(syn::Ident::to_string));
        visit::visit_item(self, item);
    }

    fn visit_item_enum(&mut self, item: &syn::ItemEnum) {
        for variant in &item.variants {
            let name = format!("{}::{}", item.ident, variant.ident);
            let paths = variant.fields.iter().filter_map(|field| match &field.ty {
                syn::Type::Path(held) => held.path.segments.last(),
                _ => None,
            });
            let held = paths.map(|path| (name.clone(), path.ident.to_string()));
            self.source.variants.extend(held);
        }
        visit::visit_item_enum(self, item);
    }

    fn visit_item_fn(&mut self, item: &syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

fn line_of(piece: &impl Spanned) -> usize {
    piece.span().start().line
}

/// Every file of `src`, read once.
pub fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |path: PathBuf| {
            let text = std::fs::read_to_string(&path).expect("a file");
            let name = path.strip_prefix(root).expect("within").to_str().expect("a name");
            Source::new(name, &text)
        };
        let sources: Vec<Source> = files(&root.join("src")).into_iter().map(read).collect();
        assert!(sources.len() > 40, "the walk finds the source");
        sources
    });
    &SOURCES
}

/// The files of Rust in a folder and below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let all = paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    all.filter(|path| path.extension().is_some_and(|it| it == "rs")).collect()
}
