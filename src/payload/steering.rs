//! Names that steer programs instead of informing them.

/// Whether a variable of this name changes what a program loads, runs or where it looks, so that
/// a vault which carries it could take over the child.
pub fn steers_programs(name: &str) -> bool {
    EXACT.binary_search(&name).is_ok()
        || PREFIXES.iter().any(|prefix| starts_with(name, prefix))
        || is_pm2_setting(name)
}

/// Whether PM2 takes a variable of this name for a setting of the app that gets it.
pub fn is_pm2_setting(name: &str) -> bool {
    PM2_SETTINGS.binary_search(&name).is_ok()
        || PM2_FAMILIES.iter().any(|family| name.starts_with(family))
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

/// The loader and the C library; shells; language runtimes; TLS. Sorted, for the search.
#[rustfmt::skip]
const EXACT: &[&str] = &[
    "BASHOPTS", "BASH_ENV", "BASH_LOADABLES_PATH", "BASH_XTRACEFD", "CDPATH", "CLASSPATH",
    "EDITOR", "ENV", "EXECIGNORE", "FPATH", "GCONV_PATH", "GETCONF_DIR", "GIT_ASKPASS", "GIT_DIR",
    "GIT_EDITOR", "GIT_EXEC_PATH", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_PROXY_COMMAND",
    "GIT_SSH", "GIT_SSH_COMMAND", "GIT_TEMPLATE_DIR", "GLIBC_TUNABLES", "GLOBIGNORE", "HOME",
    "HOSTALIASES", "IFS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "LOCPATH", "LOGNAME",
    "NIS_PATH", "NLSPATH", "NODE_CHANNEL_FD", "NODE_EXTRA_CA_CERTS", "NODE_ICU_DATA",
    "NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE", "NODE_TLS_REJECT_UNAUTHORIZED",
    "NODE_UNIQUE_ID", "NODE_V8_COVERAGE", "NULLCMD", "OLDPWD", "OPENSSL_CONF", "OPENSSL_MODULES",
    "PAGER", "PATH", "PERL5DB", "PERL5LIB", "PERL5OPT", "PERLLIB", "PROMPT_COMMAND", "PS4", "PWD",
    "PYTHONHOME", "PYTHONINSPECT", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONWARNINGS", "READNULLCMD",
    "RESOLV_HOST_CONF", "RES_OPTIONS", "RUBYLIB", "RUBYOPT", "SHELL", "SHELLOPTS", "SSLKEYLOGFILE",
    "SSL_CERT_DIR", "SSL_CERT_FILE", "TMOUT", "TMPDIR", "TMPPREFIX", "USER", "VISUAL", "ZDOTDIR",
    "_JAVA_OPTIONS",
];

/// What PM2 takes for its own settings of an app when it stands in the environment: the schema of its
/// configuration with all aliases (lib/API/schema.json of pm2 7.0.4), and what it keeps beside the environment.
/// Sorted, for the search.
#[rustfmt::skip]
const PM2_SETTINGS: &[&str] = &[
    "append_env_to_name", "args", "automation", "autorestart", "autostart", "combine_logs",
    "command", "created_at", "cron", "cron_restart", "cwd", "deep_monitoring", "disable_logs",
    "disable_source_map_support", "disable_trace", "env", "err", "err_file", "err_log", "error",
    "error_file", "event_loop_inspector", "exec", "exec_interpreter", "exec_mode",
    "execute_command", "exit_code", "exp_backoff_restart_delay", "filter_env", "force", "gid",
    "ignore_watch", "increment_var", "install_url", "instance_var", "instances", "interpreter",
    "interpreterArgs", "interpreter_args", "io", "kill_retry_time", "kill_timeout",
    "listen_timeout", "log", "log_date_format", "log_file", "log_type", "max_memory_restart",
    "max_restarts", "merge_logs", "min_uptime", "name", "name_prefix", "namespace", "node_args",
    "out", "out_file", "out_log", "output", "pid", "pid_file", "pmx", "pmx_module", "port",
    "post_update", "prev_restart_delay", "restart_delay", "restart_time", "script",
    "shutdown_with_message", "source_map_support", "status", "stop_exit_codes", "time", "trace",
    "treekill", "uid", "unique_id", "unstable_restarts", "user", "username", "v8", "version",
    "versioning", "vizion", "wait_ready", "watch", "watch_delay", "watch_options", "windowsHide",
    "write",
];

/// Families of them.
const PM2_FAMILIES: &[&str] = &["axm_", "env_", "km_", "pm_"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        for list in [EXACT, PM2_SETTINGS] {
            assert!(list.is_sorted(), "{:?}", list.windows(2).find(|pair| pair[0] > pair[1]));
        }
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
            "instance_var",
            "wait_ready",
            "pm_out_log_path",
            "axm_options",
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
