-- An UPDATE that does not know of versions draws one too: of a program of the version before, or by hand.
CREATE FUNCTION draw_row_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := nextval(format('%I.row_versions', TG_TABLE_SCHEMA));
    RETURN NEW;
END $$;
CREATE TRIGGER goals_version BEFORE UPDATE ON goals
    FOR EACH ROW WHEN (NEW.version = OLD.version) EXECUTE FUNCTION draw_row_version();
CREATE TRIGGER availability_version BEFORE UPDATE ON availability
    FOR EACH ROW WHEN (NEW.version = OLD.version) EXECUTE FUNCTION draw_row_version();
