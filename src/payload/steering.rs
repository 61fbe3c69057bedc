//! Names that steer programs instead of informing them.

/// Whether a variable of this name changes what a program loads, runs or where it looks, so that
/// a vault which carries it could take over the child.
pub fn steers_programs(name: &str) -> bool {
    EXACT.binary_search(&name).is_ok() || PREFIXES.iter().any(|prefix| starts_with(name, prefix))
}

/// npm reads its settings whatever their case.
fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| {
        if prefix == NPM { start.eq_ignore_ascii_case(prefix) } else { start == prefix }
    })
}

const NPM: &str = "npm_config_";

const PREFIXES: &[&str] = &[
    "BASH_FUNC_",
    "BREAKGLASS_",
    "DYLD_",
    "GIT_CONFIG",
    "KEYMETRICS_",
    "LD_",
    "MALLOC_",
    "PM2_",
    NPM,
];

/// The loader and the C library; shells; language runtimes; TLS; and the names that PM2 takes for
/// its own settings when they stand in the environment (pm2 5.4 to 7.0). Sorted, for the search.
#[rustfmt::skip]
const EXACT: &[&str] = &[
    "BASHOPTS", "BASH_ENV", "BASH_LOADABLES_PATH", "BASH_XTRACEFD", "CDPATH", "CLASSPATH",
    "EDITOR", "ENV", "EXECIGNORE", "FPATH", "GCONV_PATH", "GETCONF_DIR", "GIT_ASKPASS", "GIT_DIR",
    "GIT_EDITOR", "GIT_EXEC_PATH", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_PROXY_COMMAND",
    "GIT_SSH", "GIT_SSH_COMMAND", "GIT_TEMPLATE_DIR", "GLIBC_TUNABLES", "GLOBIGNORE", "HOME",
    "HOSTALIASES", "IFS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "LOCPATH", "LOGNAME",
    "NIS_PATH", "NLSPATH", "NODE_CHANNEL_FD", "NODE_EXTRA_CA_CERTS",
    "NODE_ICU_DATA", "NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE",
    "NODE_TLS_REJECT_UNAUTHORIZED", "NODE_UNIQUE_ID", "NODE_V8_COVERAGE", "NULLCMD", "OLDPWD",
    "OPENSSL_CONF", "OPENSSL_MODULES", "PAGER", "PATH", "PERL5DB", "PERL5LIB", "PERL5OPT",
    "PERLLIB", "PROMPT_COMMAND", "PS4", "PWD", "PYTHONHOME", "PYTHONINSPECT", "PYTHONPATH",
    "PYTHONSTARTUP", "PYTHONWARNINGS", "READNULLCMD", "RESOLV_HOST_CONF", "RES_OPTIONS",
    "RUBYLIB", "RUBYOPT", "SHELL", "SHELLOPTS", "SSLKEYLOGFILE", "SSL_CERT_DIR", "SSL_CERT_FILE",
    "TMOUT", "TMPDIR", "TMPPREFIX", "USER", "VISUAL", "ZDOTDIR", "_JAVA_OPTIONS", "args",
    "autorestart", "cron_restart", "cwd", "env", "exec_interpreter", "exec_mode", "filter_env",
    "gid", "instances", "interpreter", "max_memory_restart", "merge_logs", "name", "namespace",
    "node_args", "pm_cwd", "pm_exec_path", "pm_id", "script", "uid", "unique_id", "username",
    "watch",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(EXACT.is_sorted(), "{:?}", EXACT.windows(2).find(|pair| pair[0] > pair[1]));
    }

    #[test]
    fn steering_and_harmless_names() {
        for name in [
            "LD_PRELOAD",
            "NODE_OPTIONS",
            "BASH_ENV",
            "ENV",
            "PATH",
            "HOME",
            "IFS",
            "PM2_HOME",
            "NPM_CONFIG_PREFIX",
            "npm_config_prefix",
            "name",
            "watch",
            "instances",
        ] {
            assert!(steers_programs(name), "{name}");
        }
        for name in [
            "NODE_ENV",
            "PORT",
            "TZ",
            "JWT_SECRET",
            "NAME",
            "PATHS",
            "LDAP_URL",
            "HOMEPAGE",
            "DATABASE_URL",
            "HTTP_PROXY",
        ] {
            assert!(!steers_programs(name), "{name}");
        }
    }
}
